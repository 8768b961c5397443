#include "worker/amqp/amqp_dead_letters.h"

#include <ctime>
#include <utility>

#include "common/log.h"
#include "worker/amqp/dead_letter_headers.h"
#include "worker/amqp/properties.h"
#include "worker/amqp/queue_setup.h"
#include "worker/amqp/reply.h"

namespace event_consumer {
namespace {

constexpr amqp_channel_t kChannel = 1;
constexpr std::uint8_t kPersistent = 2;

}  // namespace

Result<AmqpConnection> AmqpDeadLetters::connect(const AmqpUrl& url,
                                                const std::string& connection_name,
                                                const std::string& queue, QueueType type) {
  auto connection = AmqpConnection::open(url, connection_name);
  if (!connection) return connection;
  if (auto done = connection->open_channel(kChannel); !done) return done.error();
  // What is stored needs no dead-letter queue: while its node is down, only what it is for waits.
  if (auto done = ensure_dead_letter_queue(*connection, kChannel, queue, type); !done) {
    const Error& error = done.error();
    // RabbitMQ 4 says nothing then, and nothing else can be asked of this connection (ran: 4.0.5).
    const bool is_silent = error.kind == ErrorKind::kLinkLost && error.peer_code == 0;
    if (!is_silent && !is_queue_down(error.peer_code, error.message)) return error;
    if (is_silent) connection = AmqpConnection::open(url, connection_name);
    if (!connection) return connection;
    if (auto opened = connection->open_channel(kChannel); !opened) return opened.error();
  }
  if (auto done = ConfirmedPublisher::ask_for_confirms(*connection, kChannel); !done)
    return done.error();
  return connection;
}

Result<AmqpDeadLetters> AmqpDeadLetters::open(const AmqpUrl& url,
                                              const std::string& connection_name,
                                              const std::string& queue, QueueType type) {
  auto connection = connect(url, connection_name, queue, type);
  if (!connection) return connection.error();
  ConfirmedPublisher publisher(kChannel,
                               "dead-letter queue " + queue + " on " + connection->describe());
  return AmqpDeadLetters(std::move(*connection), std::move(publisher), connection_name, queue,
                         type);
}

Result<Done> AmqpDeadLetters::publish(const Delivery& delivery, const Rejection& rejection) {
  DecodedProperties original(delivery.properties);
  amqp_basic_properties_t properties = original.get();
  DeadLetterHeaders headers(properties, delivery, rejection, std::time(nullptr));
  properties._flags &= ~(AMQP_BASIC_EXPIRATION_FLAG | AMQP_BASIC_USER_ID_FLAG);
  properties._flags |= AMQP_BASIC_HEADERS_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG;
  properties.delivery_mode = kPersistent;
  properties.headers = headers.table();
  const std::size_t most = connection_.largest_frame() - ConfirmedPublisher::kHeaderBytes;
  if (const std::size_t size = encode_properties(properties).size(); size > most) {
    headers.leave_out(size - most);
    properties.headers = headers.table();
  }
  auto done =
      publisher_.publish({delivery.tag, "", queue_, std::string(delivery.body)}, properties);
  if (!done) return done;
  return send_what_fits();
}

Result<Done> AmqpDeadLetters::send_what_fits() {
  if (!connection_.is_open()) return Done{};
  if (auto done = connection_.send_waiting(); !done) return done;
  return publisher_.send_what_fits(connection_);
}

Result<Done> AmqpDeadLetters::try_again() {
  connecting_.emplace([url = connection_.url(), name = name_, queue = queue_, type = type_] {
    return connect(url, name, queue, type);
  });
  return Done{};
}

// Who is not let in any more has lost the link, which is not a refusal of the queue.
Result<Done> AmqpDeadLetters::take_connection() {
  if (!connecting_) return Done{};
  auto made = connecting_->take();
  if (!made) return Done{};
  connecting_.reset();
  if (!*made) return Error{ErrorKind::kLinkLost, made->error().message, made->error().peer_code};
  connection_ = std::move(**made);
  is_blocked_ = false;
  refuses_ = !publisher_.empty();
  return Done{};
}

int AmqpDeadLetters::fd() const {
  if (connecting_) return connecting_->fd();
  return connection_.is_open() ? connection_.fd() : -1;
}

bool AmqpDeadLetters::is_sending() const {
  return connection_.is_open() && (publisher_.is_sending() || connection_.is_sending());
}

void AmqpDeadLetters::close() {
  if (!connection_.is_open()) return;
  // A broker that blocks publishers does not read a close either.
  if (publisher_.empty())
    connection_.close();
  else
    connection_.drop();
}

Result<Done> AmqpDeadLetters::ask_message_count() {
  if (!connection_.is_open() || is_sending()) return Done{};
  amqp_queue_declare_t declare{};
  declare.queue = to_bytes(queue_);
  declare.passive = 1;
  declare.arguments = amqp_empty_table;
  return connection_.send(kChannel, AMQP_QUEUE_DECLARE_METHOD, &declare);
}

Result<std::optional<DeliveryTag>> AmqpDeadLetters::next_confirmed() {
  using Verdict = ConfirmedPublisher::Verdict;
  if (auto done = take_connection(); !done) return done.error();
  if (auto done = send_what_fits(); !done) return done.error();
  while (connection_.is_open() && publisher_.verdict() == Verdict::kUndecided) {
    auto frame = connection_.next_frame();
    if (!frame) return frame.error();
    if (!frame->has_value()) break;
    if (auto done = handle(**frame); !done) return done.error();
    if (connection_.is_open()) connection_.release();
  }
  switch (publisher_.verdict()) {
    case Verdict::kUndecided:
      break;
    case Verdict::kTaken:
      refuses_ = false;
      return std::optional(publisher_.take_next().id);
    case Verdict::kReturned:
      return refused({ErrorKind::kConfiguration, describe() +
                                                     ": it does not exist any more, or the node of "
                                                     "the cluster that has it is down "
                                                     "(basic.return)"});
    case Verdict::kRefused:
      return refused({ErrorKind::kConfiguration,
                      describe() + ": it refuses messages (basic.nack); is it full (max-length)?"});
  }
  return std::optional<DeliveryTag>();
}

Result<Done> AmqpDeadLetters::handle(const amqp_frame_t& frame) {
  if (frame.frame_type == AMQP_FRAME_METHOD) {
    const amqp_method_t& method = frame.payload.method;
    if (method.id == AMQP_QUEUE_DECLARE_OK_METHOD)
      message_count_ = static_cast<const amqp_queue_declare_ok_t*>(method.decoded)->message_count;
    if (method.id == AMQP_CONNECTION_BLOCKED_METHOD ||
        method.id == AMQP_CONNECTION_UNBLOCKED_METHOD)
      note_blocked(method);
  }
  auto done = publisher_.handle(frame);
  if (done) return done;
  const Error& error = done.error();
  const bool is_down = is_queue_down(error.peer_code, error.message);
  if (error.kind == ErrorKind::kConfiguration || (is_down && !publisher_.empty()))
    return refused({ErrorKind::kConfiguration, error.message, error.peer_code});
  // Only its messages were asked for: the channel is gone, and nothing else.
  if (is_down) {
    publisher_.start_again();
    connection_.drop();
    return try_again();
  }
  return Error{error.kind, "lost " + error.message, error.peer_code};
}

void AmqpDeadLetters::note_blocked(const amqp_method_t& method) {
  is_blocked_ = method.id == AMQP_CONNECTION_BLOCKED_METHOD;
  if (!is_blocked_) return log::info("{} takes dead letters again", connection_.describe());
  const auto* blocked = static_cast<const amqp_connection_blocked_t*>(method.decoded);
  log::warn(
      "{} takes nothing from publishers ({}): dead letters wait, and nothing is lost; see its "
      "memory and its disk",
      connection_.describe(), to_view(blocked->reason));
}

// The connection goes: whatever else the broker says on it is void.
Error AmqpDeadLetters::refused(Error error) {
  refuses_ = true;
  publisher_.start_again();
  connection_.drop();
  return error;
}

}  // namespace event_consumer
