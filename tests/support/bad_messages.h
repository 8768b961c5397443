// Bad messages, each wrong in another way, and what must become of them: each is dead-lettered
// alone, with a reason that names its fault, and all good ones between them are stored once.
#pragma once

#include <string>
#include <vector>

#include "tests/support/amqp_client.h"
#include "tests/support/clickhouse_endpoint.h"

namespace event_consumer::testing {

struct BadMessage {
  std::string name;
  std::string body;
  std::string reason;  // «bad_value»
  std::string words;   // what the header with the error must hold
  MessageProperties properties = {};
};

// Which ClickHouse judges what only a server can.
enum class JudgedBy { k18, k26 };

std::vector<BadMessage> bad_messages(JudgedBy server);

// Publishes each of them between a hundred good messages each to the topology's queue, which is
// declared with `arguments`, has a service empty it into the table, and returns a line for each
// thing that is not as it must be.
std::vector<std::string> drain_bad_messages(const std::string& name, JudgedBy server,
                                            const ClickhouseEndpoint& clickhouse,
                                            const QueueArguments& arguments);

}  // namespace event_consumer::testing
