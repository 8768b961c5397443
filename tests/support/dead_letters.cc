#include "tests/support/dead_letters.h"

#include <chrono>
#include <stdexcept>

#include "tests/support/service.h"

namespace event_consumer::testing {

MessageProperties letter(const TestTopology& topology, const std::string& reason,
                         const std::string& exchange) {
  MessageProperties properties;
  properties.delivery_mode = 2;
  properties.message_id = "id-1";
  properties.headers = {{"trace", "abc"},
                        {"x-event-consumer-reason", reason},
                        {"x-event-consumer-error", "original_url: the required String is absent"},
                        {"x-event-consumer-column", "original_url"},
                        {"x-event-consumer-time", "2025-12-19T10:20:30Z"},
                        {"x-event-consumer-exchange", exchange},
                        {"x-event-consumer-routing-key", topology.queue()}};
  return properties;
}

AmqpClient fill_dead_letters(const TestTopology& topology,
                             const std::vector<std::pair<std::string, std::string>>& letters,
                             const QueueArguments& arguments) {
  AmqpClient client(rabbitmq().url());
  client.declare_queue(topology.dead_letter_queue(), arguments);
  client.enable_confirms();
  for (const auto& [body, reason] : letters)
    client.publish("", topology.dead_letter_queue(), body,
                   letter(topology, reason, topology.exchange()));
  if (!client.wait_for_confirms(std::chrono::seconds(60)))
    throw std::runtime_error("the broker did not confirm the dead letters");
  return client;
}

std::vector<std::string> take_all(AmqpClient& client, const std::string& queue) {
  std::vector<std::string> bodies;
  while (const auto message = client.get(queue)) bodies.push_back(message->body);
  return bodies;
}

Finished dead_letters(const TestTopology& topology, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "dead-letters");
  return run_program(topology.environment(), arguments);
}

}  // namespace event_consumer::testing
