#include "worker/amqp/amqp_dead_letters.h"

#include <poll.h>

#include <algorithm>
#include <ctime>
#include <string_view>
#include <utility>

#include "common/log.h"
#include "worker/amqp/dead_letter_headers.h"
#include "worker/amqp/queue_setup.h"
#include "worker/amqp/reply.h"

namespace event_consumer {
namespace {

constexpr amqp_channel_t kChannel = 1;
constexpr std::uint8_t kPersistent = 2;

// A socket that is ready for writing has room for so much at least: Linux says so from a third of
// its buffer on, and a connection begins with some tens of KiB. What is left takes heartbeats.
constexpr std::size_t kPieceBytes = 8 * 1024;

bool has_room(int fd) {
  pollfd socket{fd, POLLOUT, 0};
  return poll(&socket, 1, 0) > 0;
}

// The decoded properties of a delivery; empty ones when it has none that can be decoded.
class PropertiesOf {
 public:
  explicit PropertiesOf(const Delivery& delivery) {
    init_amqp_pool(&pool_, 4096);
    void* decoded = nullptr;
    if (!delivery.properties.empty() &&
        amqp_decode_properties(AMQP_BASIC_CLASS, &pool_, to_bytes(delivery.properties), &decoded) >=
            0)
      properties_ = *static_cast<const amqp_basic_properties_t*>(decoded);
  }
  ~PropertiesOf() { empty_amqp_pool(&pool_); }
  PropertiesOf(const PropertiesOf&) = delete;
  PropertiesOf& operator=(const PropertiesOf&) = delete;

  const amqp_basic_properties_t& properties() const { return properties_; }

 private:
  amqp_pool_t pool_;
  amqp_basic_properties_t properties_{};
};

}  // namespace

Result<AmqpDeadLetters> AmqpDeadLetters::open(const AmqpUrl& url,
                                              const std::string& connection_name,
                                              const std::string& queue) {
  auto connection = AmqpConnection::open(url, connection_name);
  if (!connection) return connection.error();
  if (auto done = connection->open_channel(kChannel); !done) return done.error();
  if (auto done = ensure_queue(*connection, kChannel, queue); !done) return done.error();
  amqp_confirm_select(connection->state(), kChannel);
  auto done =
      connection->check("cannot ask for publisher confirms on " + connection->describe(),
                        amqp_get_rpc_reply(connection->state()), ErrorKind::kUnavailable, kChannel);
  if (!done) return done.error();
  return AmqpDeadLetters(std::move(*connection), connection_name, queue);
}

Result<Done> AmqpDeadLetters::publish(const Delivery& delivery, const Rejection& rejection) {
  unconfirmed_.push_back({delivery.tag, std::string(delivery.body), std::string(delivery.exchange),
                          std::string(delivery.routing_key), std::string(delivery.properties),
                          rejection});
  unconfirmed_bytes_ += delivery.body.size();
  return send_what_fits();
}

Result<Done> AmqpDeadLetters::send_what_fits() {
  while (connection_.is_open() && is_sending() && has_room(connection_.fd())) {
    const Letter& letter = unconfirmed_[sent_letters_];
    if (auto done = sent_bytes_ ? send_piece(letter) : send_head(letter); !done) return done;
    if (sent_bytes_ != letter.body.size()) continue;
    sent_bytes_.reset();
    ++sent_letters_;
  }
  return Done{};
}

Result<Done> AmqpDeadLetters::send_head(const Letter& letter) {
  const Delivery delivery{letter.tag,         false,       letter.exchange,
                          letter.routing_key, letter.body, letter.properties};
  const PropertiesOf original(delivery);
  amqp_basic_properties_t properties = original.properties();
  const DeadLetterHeaders headers(original.properties(), delivery, letter.rejection,
                                  std::time(nullptr));
  properties._flags &= ~(AMQP_BASIC_EXPIRATION_FLAG | AMQP_BASIC_USER_ID_FLAG);
  properties._flags |= AMQP_BASIC_HEADERS_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG;
  properties.delivery_mode = kPersistent;
  properties.headers = headers.table();

  amqp_basic_publish_t publish{};
  publish.routing_key = to_bytes(queue_);
  publish.mandatory = 1;
  if (auto done = connection_.send(kChannel, AMQP_BASIC_PUBLISH_METHOD, &publish); !done)
    return done;
  amqp_frame_t header{};
  header.frame_type = AMQP_FRAME_HEADER;
  header.payload.properties.class_id = AMQP_BASIC_CLASS;
  header.payload.properties.body_size = delivery.body.size();
  header.payload.properties.decoded = &properties;
  sent_bytes_ = 0;
  return send_frame(header);
}

Result<Done> AmqpDeadLetters::send_piece(const Letter& letter) {
  const std::string_view piece = std::string_view(letter.body).substr(*sent_bytes_, kPieceBytes);
  amqp_frame_t body{};
  body.frame_type = AMQP_FRAME_BODY;
  body.payload.body_fragment = to_bytes(piece);
  *sent_bytes_ += piece.size();
  return send_frame(body);
}

Result<Done> AmqpDeadLetters::send_frame(amqp_frame_t& frame) {
  frame.channel = kChannel;
  const int status = amqp_send_frame(connection_.state(), &frame);
  if (status == AMQP_STATUS_OK) return Done{};
  return to_error("cannot publish to dead-letter queue " + queue_ + " on " + connection_.describe(),
                  status, ErrorKind::kLinkLost);
}

Result<Done> AmqpDeadLetters::try_again() {
  auto anew = open(connection_.url(), name_, queue_);
  if (!anew) return anew.error();
  connection_ = std::move(anew->connection_);
  reported_ = 0;
  refuses_ = !unconfirmed_.empty();
  for (Letter& letter : unconfirmed_) letter.confirmed = false;
  sent_letters_ = 0;
  sent_bytes_.reset();
  return send_what_fits();
}

void AmqpDeadLetters::forget() {
  std::optional<Letter> half_sent;
  if (sent_bytes_) half_sent = std::move(unconfirmed_[sent_letters_]);
  reported_ += sent_letters_;
  unconfirmed_.clear();
  sent_letters_ = 0;
  unconfirmed_bytes_ = 0;
  if (!half_sent) return;
  // Nothing else may follow on the channel before its end (AMQP 0-9-1, section 4.2.6).
  half_sent->forgotten = true;
  unconfirmed_bytes_ = half_sent->body.size();
  unconfirmed_.push_back(std::move(*half_sent));
}

void AmqpDeadLetters::close() {
  if (!connection_.is_open()) return;
  // A broker that blocks publishers does not read a close either.
  if (unconfirmed_.empty())
    connection_.close();
  else
    connection_.drop();
}

Result<Done> AmqpDeadLetters::ask_message_count() {
  if (!connection_.is_open() || sent_bytes_) return Done{};
  amqp_queue_declare_t declare{};
  declare.queue = to_bytes(queue_);
  declare.passive = 1;
  declare.arguments = amqp_empty_table;
  return connection_.send(kChannel, AMQP_QUEUE_DECLARE_METHOD, &declare);
}

Result<std::optional<DeliveryTag>> AmqpDeadLetters::next_confirmed() {
  if (auto done = send_what_fits(); !done) return done.error();
  for (;;) {
    if (!oldest_is_confirmed()) {
      if (auto done = read_confirms(); !done) return done.error();
      if (!oldest_is_confirmed()) return std::optional<DeliveryTag>();
    }
    const Letter letter = std::move(unconfirmed_.front());
    unconfirmed_.pop_front();
    unconfirmed_bytes_ -= letter.body.size();
    --sent_letters_;
    ++reported_;
    if (!letter.forgotten) return std::optional(letter.tag);
  }
}

Result<Done> AmqpDeadLetters::read_confirms() {
  while (connection_.is_open()) {
    auto frame = connection_.next_frame();
    if (!frame) return frame.error();
    if (!frame->has_value()) return Done{};
    if ((*frame)->frame_type == AMQP_FRAME_METHOD) {
      if (auto done = handle((*frame)->payload.method); !done) return done;
    }
    connection_.release();
  }
  return Done{};
}

Result<Done> AmqpDeadLetters::handle(const amqp_method_t& method) {
  switch (method.id) {
    case AMQP_BASIC_ACK_METHOD: {
      const auto* ack = static_cast<const amqp_basic_ack_t*>(method.decoded);
      confirm(ack->delivery_tag, ack->multiple != 0);
      return Done{};
    }
    case AMQP_QUEUE_DECLARE_OK_METHOD:
      message_count_ = static_cast<const amqp_queue_declare_ok_t*>(method.decoded)->message_count;
      return Done{};
    case AMQP_BASIC_NACK_METHOD:
      return refused("it refuses messages (basic.nack); is it full (max-length)?");
    case AMQP_BASIC_RETURN_METHOD:
      return refused("it does not exist any more (basic.return)");
    case AMQP_CHANNEL_CLOSE_METHOD:
    case AMQP_CONNECTION_CLOSE_METHOD: {
      const ServerException exception = to_server_exception(method);
      const Error error =
          to_error("lost dead-letter queue " + queue_ + " on " + connection_.describe(), exception,
                   ErrorKind::kLinkLost);
      if (error.kind != ErrorKind::kConfiguration) return error;
      return refused("the server says " + std::to_string(exception.code) + " " + exception.text);
    }
    case AMQP_CONNECTION_BLOCKED_METHOD:
    case AMQP_CONNECTION_UNBLOCKED_METHOD:
      report_blocked(method);
      return Done{};
    default:
      return Done{};
  }
}

void AmqpDeadLetters::report_blocked(const amqp_method_t& method) const {
  if (method.id == AMQP_CONNECTION_UNBLOCKED_METHOD)
    return log::info("{} takes dead letters again", connection_.describe());
  const auto* blocked = static_cast<const amqp_connection_blocked_t*>(method.decoded);
  log::warn(
      "{} takes nothing from publishers ({}): dead letters wait, and nothing is lost; see its "
      "memory and its disk",
      connection_.describe(), to_view(blocked->reason));
}

void AmqpDeadLetters::confirm(std::uint64_t sequence_number, bool multiple) {
  if (sequence_number <= reported_) return;
  const std::size_t last =
      std::min<std::uint64_t>(sequence_number - reported_, unconfirmed_.size());
  for (std::size_t i = multiple ? 0 : last - 1; i < last; ++i) unconfirmed_[i].confirmed = true;
  if (oldest_is_confirmed()) refuses_ = false;
}

// The connection goes, because the broker confirms a message that it has returned like any other.
Error AmqpDeadLetters::refused(const std::string& why) {
  refuses_ = true;
  sent_bytes_.reset();
  const std::string where = connection_.describe();
  connection_.drop();
  return {ErrorKind::kConfiguration, "dead-letter queue " + queue_ + " on " + where + ": " + why};
}

}  // namespace event_consumer
