#include "worker/amqp/republisher.h"

#include <poll.h>

#include <utility>

namespace event_consumer {
namespace {

constexpr amqp_channel_t kChannel = 2;
// A refused question closes its channel, so it has one of its own.
constexpr amqp_channel_t kQuestionChannel = 3;
constexpr int kNotFound = 404;
constexpr int kConfirmTimeoutMs = 30'000;

}  // namespace

Result<Republisher> Republisher::open(AmqpConnection& connection, const std::string& queue) {
  for (const auto channel : {kChannel, kQuestionChannel})
    if (auto done = connection.open_channel(channel); !done) return done.error();
  if (auto done = ConfirmedPublisher::ask_for_confirms(connection, kChannel); !done)
    return done.error();
  return Republisher(connection, {kChannel, "cannot publish on " + connection.describe()}, queue);
}

Result<Done> Republisher::publish(const std::vector<DeadLetter>& letters) {
  for (std::size_t i = 0; i < letters.size(); ++i) {
    const auto exists = origin_exists(letters[i].facts());
    if (!exists) return exists.error();
    if (auto done = send(letters[i], i, /*direct=*/!exists.value()); !done) return done;
  }
  std::size_t diverted = 0;
  while (!publisher_.empty()) {
    if (auto done = wait_for_verdict(); !done) return done;
    const auto verdict = publisher_.verdict();
    const OutgoingMessage message = publisher_.take_oldest();
    const DeadLetter& letter = letters[message.id];
    switch (verdict) {
      case ConfirmedPublisher::Verdict::kUndecided:
        break;
      case ConfirmedPublisher::Verdict::kTaken:
        if (message.exchange != letter.facts().exchange ||
            message.routing_key != letter.facts().routing_key)
          ++diverted;
        break;
      case ConfirmedPublisher::Verdict::kReturned:
        if (message.exchange.empty() && message.routing_key == queue_)
          return Error{ErrorKind::kConfiguration, "queue " + queue_ + " does not exist on " +
                                                      connection_->describe() +
                                                      ": there is nowhere to replay to"};
        if (auto done = send(letter, message.id, /*direct=*/true); !done) return done;
        break;
      case ConfirmedPublisher::Verdict::kRefused:
        return Error{ErrorKind::kConfiguration,
                     "a queue on " + connection_->describe() +
                         " refuses messages (basic.nack); is it full (max-length)?"};
    }
  }
  diverted_ += diverted;
  return Done{};
}

Result<Done> Republisher::renew(const DeadLetter& letter, const std::string& queue) {
  if (auto done = send(letter, {0, "", queue, std::string(letter.body())}, lasting_headers); !done)
    return done;
  if (auto done = wait_for_verdict(); !done) return done;
  const auto verdict = publisher_.verdict();
  publisher_.take_oldest();
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

// An exchange that is gone would close the channel instead of returning the message.
Result<bool> Republisher::origin_exists(const DeadLetterFacts& facts) {
  const std::string& exchange = facts.exchange;
  if (exchange.empty()) return !facts.routing_key.empty();  // the default exchange
  const auto known = exchanges_.find(exchange);
  if (known != exchanges_.end()) return known->second;
  amqp_exchange_declare(connection_->state(), kQuestionChannel, to_bytes(exchange), to_bytes(""),
                        /*passive=*/1, /*durable=*/0, /*auto_delete=*/0, /*internal=*/0,
                        amqp_empty_table);
  const auto reply = amqp_get_rpc_reply(connection_->state());
  auto done =
      connection_->check("cannot look for exchange " + exchange + " on " + connection_->describe(),
                         reply, ErrorKind::kUnavailable, kQuestionChannel);
  const bool absent = !done && done.error().peer_code == kNotFound;
  if (!done && !absent) return done.error();
  if (absent) {
    if (auto opened = connection_->open_channel(kQuestionChannel); !opened) return opened.error();
  }
  return exchanges_[exchange] = !absent;
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
                   connection_->describe() +
                       " has not confirmed what was published within 30 s; is it short of memory "
                       "or disk?"};
  }
  return Done{};
}

}  // namespace event_consumer
