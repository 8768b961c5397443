#include "tests/support/running_service.h"

#include <stdexcept>

#include "tests/support/wait.h"

namespace event_consumer::testing {

using std::chrono::seconds;

RunningService::RunningService(const std::string& name, const Environment& overrides)
    : topology_(name) {
  topology_.declare_topology();
  Environment environment = topology_.environment();
  for (const auto& [variable, text] : overrides) environment[variable] = text;
  service_.emplace(environment);
  bool started = service_->wait_consuming(2);
  workers_ = service_->workers();
  publish();
  started = started && all_arrive(seconds(20));
  if (!started) throw std::runtime_error("the service did not start:\n" + service_->log());
}

void RunningService::publish(int events) {
  std::vector<std::string> bodies;
  for (int i = 0; i < events; ++i) bodies.push_back(events_.json_at(published_++));
  publish_bodies(bodies);
}

void RunningService::publish_rubbish(int messages) {
  rubbish_ += static_cast<std::uint32_t>(messages);
  publish_bodies(std::vector<std::string>(static_cast<std::size_t>(messages), "rubbish"));
}

void RunningService::publish_rubbish(const std::string& body) {
  ++rubbish_;
  publish_bodies({body});
}

void RunningService::publish_bodies(const std::vector<std::string>& bodies) {
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  MessageProperties persistent;
  persistent.delivery_mode = 2;
  client.publish_all(topology_.exchange(), topology_.queue(), bodies, persistent);
  if (!client.wait_for_confirms(seconds(10)))
    throw std::runtime_error("the broker did not confirm what was published");
}

bool RunningService::all_arrive(Duration timeout) {
  const bool arrived = wait_until(
      [&] { return topology_.distinct_events() == published_ && dead_letters() >= rubbish_; },
      timeout);
  return arrived && service_->workers() == workers_;
}

bool RunningService::wait_for_log(const std::string& text, std::size_t times, Duration timeout) {
  return wait_until([&] { return service_->count_in_log(text) >= times; }, timeout);
}

std::uint32_t RunningService::dead_letters() const {
  AmqpClient client(rabbitmq().url());
  const std::string queue = topology_.dead_letter_queue();
  return client.queue_exists(queue) ? client.message_count(queue) : 0;
}

}  // namespace event_consumer::testing
