// AmqpClient: what a publisher and an onlooker of a test need of RabbitMQ, over one connection of
// its own, one call after the other. It does not consume, except to be in the way, has no heartbeat
// and does not reconnect: each failure is a std::runtime_error with the broker's words, and the
// client is then to be thrown away.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/clock.h"

namespace event_consumer::testing {

// Arguments of a queue (x-queue-type, x-max-length, …).
using QueueArguments = std::map<std::string, std::variant<std::string, std::int64_t, bool>>;

// What the publisher of the click events sets: the content type and nothing else.
struct MessageProperties {
  std::string content_type = "application/json";
  std::string content_encoding = {};  // empty: the message has none
  int delivery_mode = 1;
  std::string message_id;  // empty: the message has none
  // The next ones likewise, and only when publishing.
  std::string correlation_id = {};
  std::string reply_to = {};
  std::string type = {};
  std::string user_id = {};
  std::string app_id = {};
  int priority = -1;            // negative: none
  std::uint64_t timestamp = 0;  // 0: none
  std::map<std::string, std::string> headers;
  // Beside them a header `odd` of this kind, by the letter that stands for it on the wire («D» a
  // decimal, «A» an array of arrays, «F» a table of tables, …; RabbitMQ, «Table Field Types»); 0:
  // none. Only when publishing.
  char odd_header = 0;
  // A message for which there is no queue comes back, which the client takes for a failure. Only
  // when publishing.
  bool mandatory = false;
};

struct Message {
  std::string body;
  // Header values that are numbers or booleans appear in decimal, other kinds as «(kind x)».
  MessageProperties properties;
  bool redelivered = false;
  std::uint64_t delivery_tag = 0;
};

class AmqpClient {
 public:
  // Connects and logs in. A URL that ends in a slash means the virtual host «/».
  explicit AmqpClient(const std::string& url);
  ~AmqpClient();
  AmqpClient(AmqpClient&& other) noexcept;
  AmqpClient& operator=(AmqpClient&& other) noexcept;

  // Exchange (topic, durable), queue (durable, no arguments) and the binding of both under the
  // queue's name, as the publisher of the click events declares them.
  void declare_publisher_topology(const std::string& exchange = "url_shortener",
                                  const std::string& queue = "click_events");
  // A durable queue; binding it is the caller's.
  void declare_queue(const std::string& queue, const QueueArguments& arguments = {});
  // One that goes with its last consumer.
  void declare_auto_delete_queue(const std::string& queue, const QueueArguments& arguments = {});
  // One that is this client's alone, and goes with it.
  void declare_exclusive_queue(const std::string& queue);
  // Consumes the queue for itself alone until this client goes, and reads nothing.
  void occupy(const std::string& queue);
  void bind_queue(const std::string& queue, const std::string& exchange,
                  const std::string& routing_key);

  // Hands one message to the connection; it may not have reached the broker when this returns. That
  // it has is told by wait_for_confirms, and by a message_count that has grown to what is expected.
  void publish(const std::string& exchange, const std::string& routing_key, std::string_view body,
               const MessageProperties& properties = {});
  // Publishes each body of the range, in order.
  template <typename Bodies>
  void publish_all(const std::string& exchange, const std::string& routing_key,
                   const Bodies& bodies, const MessageProperties& properties = {}) {
    for (const auto& body : bodies) publish(exchange, routing_key, body, properties);
  }
  // Messages published from now on are confirmed by the broker.
  void enable_confirms();
  // Waits until the broker has confirmed everything published since enable_confirms. Returns false
  // when `timeout` passes before; throws when it refuses a message.
  bool wait_for_confirms(Duration timeout);

  // Takes the first message off the queue; nothing when the queue is empty. Without `auto_ack` it
  // stays the broker's until ack() or reject(), and comes back when this client goes.
  std::optional<Message> get(const std::string& queue, bool auto_ack = true);
  void ack(std::uint64_t delivery_tag);
  void reject(std::uint64_t delivery_tag, bool requeue);

  // The messages that are ready for delivery; unacknowledged ones are not counted. The broker
  // answers ahead of messages that it is still taking in: after a publish without confirms, wait
  // for it.
  std::uint32_t message_count(const std::string& queue);
  std::uint32_t consumer_count(const std::string& queue);
  bool queue_exists(const std::string& queue);
  void purge_queue(const std::string& queue);
  void delete_queue(const std::string& queue);

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace event_consumer::testing
