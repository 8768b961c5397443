#include "worker/amqp/republisher.h"

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace event_consumer {
namespace {

constexpr amqp_channel_t kChannel = 2;
// A refused question closes its channel, so it has one of its own.
constexpr amqp_channel_t kQuestionChannel = 3;
constexpr int kNotFound = 404;
constexpr std::chrono::seconds kConfirmTimeout{30};

}  // namespace

Result<Republisher> Republisher::open(AmqpConnection& connection, const std::string& queue) {
  for (const auto channel : {kChannel, kQuestionChannel})
    if (auto done = connection.open_channel(channel); !done) return done.error();
  amqp_confirm_select(connection.state(), kChannel);
  auto done =
      connection.check("cannot ask for publisher confirms on " + connection.describe(),
                       amqp_get_rpc_reply(connection.state()), ErrorKind::kUnavailable, kChannel);
  if (!done) return done.error();
  return Republisher(connection, queue);
}

Result<Done> Republisher::publish(const std::vector<DeadLetter>& letters) {
  std::vector<Pending> round;
  for (const DeadLetter& letter : letters) {
    auto pending = address(letter);
    if (!pending) return pending.error();
    round.push_back(std::move(*pending));
  }
  if (auto done = send_and_wait(round); !done) return done;

  std::vector<Pending> second;
  for (const Pending& pending : round)
    if (pending.returned) second.push_back({pending.letter, "", queue_});
  if (auto done = send_and_wait(second); !done) return done;
  for (const Pending& pending : second)
    if (pending.returned)
      return Error{ErrorKind::kConfiguration, "queue " + queue_ + " does not exist on " +
                                                  connection_->describe() +
                                                  ": there is nowhere to replay to"};
  for (const Pending& pending : round)
    if (pending.returned || pending.exchange != pending.letter->facts().exchange ||
        pending.routing_key != pending.letter->facts().routing_key)
      ++diverted_;
  return Done{};
}

// An exchange that is gone would close the channel instead of returning the message.
Result<Republisher::Pending> Republisher::address(const DeadLetter& letter) {
  const std::string& exchange = letter.facts().exchange;
  const std::string& key = letter.facts().routing_key;
  if (exchange.empty() && key.empty()) return Pending{&letter, "", queue_};
  const auto exists = exchange_exists(exchange);
  if (!exists) return exists.error();
  if (!exists.value()) return Pending{&letter, "", queue_};
  return Pending{&letter, exchange, key};
}

Result<bool> Republisher::exchange_exists(const std::string& exchange) {
  if (exchange.empty()) return true;  // the default exchange
  const auto known = exchanges_.find(exchange);
  if (known != exchanges_.end()) return known->second;
  amqp_exchange_declare(connection_->state(), kQuestionChannel, to_bytes(exchange), to_bytes(""),
                        /*passive=*/1, /*durable=*/0, /*auto_delete=*/0, /*internal=*/0,
                        amqp_empty_table);
  const auto reply = amqp_get_rpc_reply(connection_->state());
  const bool absent = to_server_exception(reply).code == kNotFound;
  auto done =
      connection_->check("cannot look for exchange " + exchange + " on " + connection_->describe(),
                         reply, ErrorKind::kUnavailable, kQuestionChannel);
  if (!done && !absent) return done.error();
  if (absent) {
    if (auto opened = connection_->open_channel(kQuestionChannel); !opened) return opened.error();
  }
  return exchanges_[exchange] = !absent;
}

Result<Done> Republisher::send_and_wait(std::vector<Pending>& round) {
  for (const Pending& pending : round)
    if (auto done = send(pending); !done) return done;
  if (auto done = wait(round); !done) return done;
  published_ += round.size();
  return Done{};
}

Result<Done> Republisher::send(const Pending& pending) {
  amqp_basic_properties_t properties = pending.letter->properties();
  // The broker refuses a message in the name of another user.
  properties._flags &= ~AMQP_BASIC_USER_ID_FLAG;
  std::vector<amqp_table_entry_t> headers;
  if ((properties._flags & AMQP_BASIC_HEADERS_FLAG) != 0)
    headers = original_headers(properties.headers);
  properties.headers = {static_cast<int>(headers.size()), headers.data()};
  if (headers.empty()) properties._flags &= ~AMQP_BASIC_HEADERS_FLAG;
  const int status = amqp_basic_publish(
      connection_->state(), kChannel, to_bytes(pending.exchange), to_bytes(pending.routing_key),
      /*mandatory=*/1, /*immediate=*/0, &properties, to_bytes(pending.letter->body()));
  if (status == AMQP_STATUS_OK) return Done{};
  return to_error("cannot publish on " + connection_->describe(), status, ErrorKind::kUnavailable);
}

Result<Done> Republisher::wait(std::vector<Pending>& round) {
  std::size_t left = round.size();
  const TimePoint deadline = Clock::now() + kConfirmTimeout;
  while (left > 0) {
    auto frame = connection_->next_frame();
    if (!frame) return frame.error();
    if (!frame->has_value()) {
      pollfd readable{connection_->fd(), POLLIN, 0};
      if (poll(&readable, 1, poll_timeout_ms(deadline, Clock::now())) == 0)
        return Error{ErrorKind::kUnavailable,
                     connection_->describe() +
                         " has not confirmed what was published within 30 s; is it short of "
                         "memory or disk?"};
      continue;
    }
    if ((*frame)->frame_type != AMQP_FRAME_METHOD) continue;
    if (auto done = handle((*frame)->payload.method, round, left); !done) return done;
    connection_->release();
  }
  return Done{};
}

Result<Done> Republisher::handle(const amqp_method_t& method, std::vector<Pending>& round,
                                 std::size_t& left) {
  switch (method.id) {
    case AMQP_BASIC_ACK_METHOD: {
      const auto* ack = static_cast<const amqp_basic_ack_t*>(method.decoded);
      const auto last = std::min<std::uint64_t>(ack->delivery_tag - published_, round.size());
      for (std::uint64_t i = ack->multiple != 0 ? 0 : last - 1; i < last; ++i) {
        if (!round[i].confirmed) --left;
        round[i].confirmed = true;
      }
      return Done{};
    }
    case AMQP_BASIC_NACK_METHOD:
      return Error{ErrorKind::kConfiguration,
                   "a queue on " + connection_->describe() +
                       " refuses messages (basic.nack); is it full (max-length)?"};
    case AMQP_BASIC_RETURN_METHOD:
      return handle_return(method, round);
    case AMQP_CHANNEL_CLOSE_METHOD:
    case AMQP_CONNECTION_CLOSE_METHOD:
      return to_error("cannot publish on " + connection_->describe(), to_server_exception(method),
                      ErrorKind::kUnavailable);
    default:
      return Done{};
  }
}

// A returned message carries no number, but returns come in the order of publishing.
Result<Done> Republisher::handle_return(const amqp_method_t& method, std::vector<Pending>& round) {
  const auto* returned = static_cast<const amqp_basic_return_t*>(method.decoded);
  const std::string exchange(to_view(returned->exchange));
  const std::string routing_key(to_view(returned->routing_key));
  amqp_message_t message;
  const auto reply = amqp_read_message(connection_->state(), kChannel, &message, 0);
  if (reply.reply_type != AMQP_RESPONSE_NORMAL)
    return to_error("lost the connection to " + connection_->describe(), reply,
                    ErrorKind::kUnavailable);
  const auto found = std::find_if(round.begin(), round.end(), [&](const Pending& pending) {
    return !pending.returned && pending.exchange == exchange &&
           pending.routing_key == routing_key && pending.letter->body() == to_view(message.body);
  });
  amqp_destroy_message(&message);
  if (found == round.end())
    return Error{ErrorKind::kInternal,
                 connection_->describe() + " returned a message that was not published just now"};
  found->returned = true;
  return Done{};
}

}  // namespace event_consumer
