#include "tests/support/amqp_client.h"

#include <stdexcept>

#include "tests/support/amqp_connection.h"

namespace event_consumer::testing {

AmqpClient::AmqpClient(const std::string& url) : connection_(std::make_unique<Connection>(url)) {}
AmqpClient::~AmqpClient() = default;
AmqpClient::AmqpClient(AmqpClient&& other) noexcept = default;
AmqpClient& AmqpClient::operator=(AmqpClient&& other) noexcept = default;

void AmqpClient::declare_publisher_topology(const std::string& exchange, const std::string& queue) {
  amqp_exchange_declare(connection_->state(), kMainChannel, bytes(exchange), bytes("topic"),
                        /*passive=*/0, /*durable=*/1, /*auto_delete=*/0, /*internal=*/0,
                        amqp_empty_table);
  connection_->expect_success("declaring exchange " + exchange);
  declare_queue(queue);
  bind_queue(queue, exchange, queue);
}

void AmqpClient::declare_queue(const std::string& queue, const QueueArguments& arguments) {
  const Table table(arguments);
  amqp_queue_declare(connection_->state(), kMainChannel, bytes(queue), /*passive=*/0,
                     /*durable=*/1, /*exclusive=*/0, /*auto_delete=*/0, table.get());
  connection_->expect_success("declaring queue " + queue);
}

void AmqpClient::declare_auto_delete_queue(const std::string& queue,
                                           const QueueArguments& arguments) {
  const Table table(arguments);
  amqp_queue_declare(connection_->state(), kMainChannel, bytes(queue), /*passive=*/0,
                     /*durable=*/1, /*exclusive=*/0, /*auto_delete=*/1, table.get());
  connection_->expect_success("declaring queue " + queue);
}

void AmqpClient::declare_exclusive_queue(const std::string& queue) {
  amqp_queue_declare(connection_->state(), kMainChannel, bytes(queue), /*passive=*/0,
                     /*durable=*/0, /*exclusive=*/1, /*auto_delete=*/0, amqp_empty_table);
  connection_->expect_success("declaring queue " + queue);
}

void AmqpClient::occupy(const std::string& queue) {
  amqp_basic_consume(connection_->state(), kMainChannel, bytes(queue), amqp_empty_bytes,
                     /*no_local=*/0, /*no_ack=*/0, /*exclusive=*/1, amqp_empty_table);
  connection_->expect_success("consuming queue " + queue);
}

void AmqpClient::bind_queue(const std::string& queue, const std::string& exchange,
                            const std::string& routing_key) {
  amqp_queue_bind(connection_->state(), kMainChannel, bytes(queue), bytes(exchange),
                  bytes(routing_key), amqp_empty_table);
  connection_->expect_success("binding queue " + queue);
}

void AmqpClient::publish(const std::string& exchange, const std::string& routing_key,
                         std::string_view body, const MessageProperties& properties) {
  connection_->publish(exchange, routing_key, body, properties);
}

void AmqpClient::enable_confirms() { connection_->enable_confirms(); }

bool AmqpClient::wait_for_confirms(Duration timeout) {
  return connection_->wait_for_confirms(timeout);
}

std::optional<Message> AmqpClient::get(const std::string& queue, bool auto_ack) {
  return connection_->get(queue, auto_ack);
}

void AmqpClient::ack(std::uint64_t delivery_tag) {
  connection_->expect_sent(
      amqp_basic_ack(connection_->state(), kGetChannel, delivery_tag, /*multiple=*/0));
}

void AmqpClient::reject(std::uint64_t delivery_tag, bool requeue) {
  connection_->expect_sent(
      amqp_basic_reject(connection_->state(), kGetChannel, delivery_tag, requeue));
}

std::uint32_t AmqpClient::message_count(const std::string& queue) {
  return connection_->declare_passively(queue).message_count;
}

std::uint32_t AmqpClient::consumer_count(const std::string& queue) {
  return connection_->declare_passively(queue).consumer_count;
}

bool AmqpClient::queue_exists(const std::string& queue) { return connection_->queue_exists(queue); }

void AmqpClient::purge_queue(const std::string& queue) {
  amqp_queue_purge(connection_->state(), kMainChannel, bytes(queue));
  connection_->expect_success("purging queue " + queue);
}

void AmqpClient::delete_queue(const std::string& queue) {
  amqp_queue_delete(connection_->state(), kMainChannel, bytes(queue), /*if_unused=*/0,
                    /*if_empty=*/0);
  connection_->expect_success("deleting queue " + queue);
}

}  // namespace event_consumer::testing
