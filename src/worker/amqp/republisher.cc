#include "worker/amqp/republisher.h"

#include <poll.h>

#include <utility>

#include "common/amqp_name.h"
#include "worker/amqp/permissions.h"

namespace event_consumer {
namespace {

constexpr amqp_channel_t kChannel = 2;
// A refused question closes its channel, so it has one of its own.
constexpr amqp_channel_t kQuestionChannel = 3;
constexpr int kConfirmTimeoutMs = 30'000;
constexpr char kMayBeShort[] = "; is it short of memory or disk?";

// Our headers can be anybody's: AMQP has no longer names.
bool is_address(const DeadLetterFacts& facts) {
  return facts.exchange.size() <= kLongestAmqpName && facts.routing_key.size() <= kLongestAmqpName;
}

}  // namespace

Result<Republisher> Republisher::open(AmqpConnection& connection, const std::string& queue) {
  for (const auto channel : {kChannel, kQuestionChannel})
    if (auto done = connection.open_channel(channel); !done) return done.error();
  if (auto done = ConfirmedPublisher::ask_for_confirms(connection, kChannel); !done)
    return done.error();
  return Republisher(connection, {kChannel, "cannot publish on " + connection.describe()}, queue);
}

Result<Done> Republisher::publish(const std::vector<DeadLetter>& letters,
                                  std::vector<bool>& confirmed) {
  confirmed.assign(letters.size(), false);
  for (std::size_t i = 0; i < letters.size(); ++i) {
    const auto exists = origin_exists(letters[i].facts());
    if (!exists) return exists.error();
    if (!exists.value())
      if (const auto asked = takes("", queue_); !asked) return asked.error();
    if (auto done = send(letters[i], i, /*direct=*/!exists.value()); !done) return done;
  }
  // A refusal of one says nothing of those behind it.
  Result<Done> all = Done{};
  while (!publisher_.empty()) {
    if (auto done = wait_for_verdict(); !done) return done;
    const auto verdict = publisher_.verdict();
    const OutgoingMessage message = publisher_.take_next();
    const DeadLetter& letter = letters[message.id];
    switch (verdict) {
      case ConfirmedPublisher::Verdict::kUndecided:
        break;
      case ConfirmedPublisher::Verdict::kTaken:
        confirmed[message.id] = true;
        if (message.exchange != letter.facts().exchange ||
            message.routing_key != letter.facts().routing_key)
          ++diverted_;
        break;
      case ConfirmedPublisher::Verdict::kReturned:
        if (message.exchange.empty() && message.routing_key == queue_)
          all = Error{ErrorKind::kConfiguration, "queue " + queue_ + " does not exist on " +
                                                     connection_->describe() +
                                                     ": there is nowhere to replay to"};
        else if (auto done = send(letter, message.id, /*direct=*/true); !done)
          return done;
        break;
      case ConfirmedPublisher::Verdict::kRefused:
        all = Error{ErrorKind::kConfiguration,
                    "a queue on " + connection_->describe() +
                        " refuses messages (basic.nack); is it full (max-length)?"};
    }
  }
  return all;
}

Result<Done> Republisher::renew(const DeadLetter& letter, const std::string& queue) {
  if (auto done = send(letter, {0, "", queue, std::string(letter.body())}, lasting_headers); !done)
    return done;
  if (auto done = wait_for_verdict(); !done) return done;
  const auto verdict = publisher_.verdict();
  publisher_.take_next();
  if (verdict == ConfirmedPublisher::Verdict::kTaken) return Done{};
  return Error{ErrorKind::kConfiguration,
               "queue " + queue + " on " + connection_->describe() +
                   " drops a message when it comes back once more, and does not take it anew; is "
                   "it full (max-length)?"};
}

Result<Done> Republisher::send(const DeadLetter& letter, std::uint64_t id, bool direct) {
  return send(letter,
              {id, direct ? "" : letter.facts().exchange,
               direct ? queue_ : letter.facts().routing_key, std::string(letter.body())},
              original_headers);
}

Result<Done> Republisher::send(const DeadLetter& letter, OutgoingMessage message,
                               HeadersOf headers_of) {
  amqp_basic_properties_t properties = letter.properties();
  // The broker refuses a message in the name of another user.
  properties._flags &= ~AMQP_BASIC_USER_ID_FLAG;
  std::vector<amqp_table_entry_t> headers;
  if ((properties._flags & AMQP_BASIC_HEADERS_FLAG) != 0) headers = headers_of(properties.headers);
  properties.headers = {static_cast<int>(headers.size()), headers.data()};
  if (headers.empty()) properties._flags &= ~AMQP_BASIC_HEADERS_FLAG;
  return publisher_.publish(std::move(message), properties);
}

Result<bool> Republisher::origin_exists(const DeadLetterFacts& facts) {
  const bool is_known = !facts.exchange.empty() || !facts.routing_key.empty();
  if (!is_known || !is_address(facts)) return false;
  return takes(facts.exchange, facts.routing_key);
}

// An exchange that is gone would close the channel instead of returning the message. And a broker
// that blocks publishers does not answer: it would read what was sent to it, and publish it, when
// nobody waits for the confirms any more.
Result<bool> Republisher::takes(const std::string& exchange, const std::string& routing_key) {
  const auto known = exchanges_.find(exchange);
  if (known != exchanges_.end()) return known->second;
  const auto takes = takes_messages(*connection_, kQuestionChannel, exchange, routing_key);
  if (!takes) {
    Error error = takes.error();
    if (error.kind == ErrorKind::kLinkLost && error.peer_code == 0) error.message += kMayBeShort;
    return error;
  }
  return exchanges_[exchange] = takes.value();
}

Result<Done> Republisher::wait_for_verdict() {
  while (publisher_.verdict() == ConfirmedPublisher::Verdict::kUndecided) {
    if (auto done = publisher_.send_what_fits(*connection_); !done) return done;
    auto frame = connection_->next_frame();
    if (!frame) return frame.error();
    if (frame->has_value()) {
      if (auto done = publisher_.handle(**frame); !done) return done;
      connection_->release();
      continue;
    }
    const short wanted = POLLIN | (publisher_.is_sending() ? POLLOUT : 0);
    pollfd socket{connection_->fd(), wanted, 0};
    if (poll(&socket, 1, kConfirmTimeoutMs) == 0)
      return Error{ErrorKind::kUnavailable,
                   connection_->describe() + " has not confirmed what was published within 30 s" +
                       kMayBeShort};
  }
  return Done{};
}

}  // namespace event_consumer
