// Between AMQP and C++: replies of rabbitmq-c in words, properties and tables in both directions.
// Part of the inside of AmqpClient.
#pragma once

#include "tests/support/amqp_connection.h"

namespace event_consumer::testing {

// Throws std::runtime_error with `what` and the reason unless the reply is a normal one.
void throw_unless_success(const amqp_rpc_reply_t& reply, const std::string& what);

// A method that the broker sent of itself, in words; with its reason for a close.
std::string describe(const amqp_method_t& method);

// The AMQP code (404, …) for which the broker closed channel or connection, 0 when it did not.
int reply_code(const amqp_rpc_reply_t& reply);

MessageProperties decode(const amqp_basic_properties_t& properties);

}  // namespace event_consumer::testing
