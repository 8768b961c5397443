#include "tests/cluster/cluster_load.h"

#include <chrono>
#include <stdexcept>
#include <utility>

#include "tests/support/click_events.h"

namespace event_consumer::testing {

namespace {

constexpr std::uint64_t kPortion = 100;
constexpr std::chrono::seconds kConfirmTimeout{3};
constexpr std::chrono::milliseconds kRetry{200};

}  // namespace

MessageProperties lasting_properties() {
  MessageProperties properties;
  properties.delivery_mode = 2;
  properties.mandatory = true;
  return properties;
}

ClusterLoad::ClusterLoad(std::vector<std::string> urls, std::string queue,
                         unsigned events_per_second)
    : urls_(std::move(urls)),
      queue_(std::move(queue)),
      events_per_second_(events_per_second),
      thread_([this] { run(); }) {}

void ClusterLoad::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

std::vector<std::uint64_t> ClusterLoad::confirmed_ids() const {
  std::vector<std::uint64_t> ids;
  for (const std::uint64_t first : portions_)
    for (std::uint64_t id = first; id < first + kPortion; ++id) ids.push_back(id);
  return ids;
}

void ClusterLoad::run() {
  for (std::size_t node = 0; !stopping_; ++node) {
    try {
      publish_through(urls_[node % urls_.size()]);
    } catch (const std::runtime_error&) {
      // Nothing is confirmed, or the node is away: that is what the test is about.
      std::this_thread::sleep_for(kRetry);
    }
  }
}

void ClusterLoad::publish_through(const std::string& url) {
  AmqpClient client(url);
  client.enable_confirms();
  auto next = Clock::now();
  while (!stopping_) {
    idle_ = paused_.load();
    if (!idle_) publish_portion(client);
    next += std::chrono::microseconds(1'000'000 * kPortion / events_per_second_);
    std::this_thread::sleep_until(next);
  }
}

void ClusterLoad::publish_portion(AmqpClient& client) {
  static const ClickEvents events(14);
  const std::uint64_t first = next_id_.fetch_add(kPortion);
  MessageProperties properties = lasting_properties();
  for (std::uint64_t id = first; id < first + kPortion; ++id) {
    properties.priority = static_cast<int>(id % 5);  // for a queue that knows priorities
    client.publish("", queue_, events.json_at(id), properties);
  }
  if (!client.wait_for_confirms(kConfirmTimeout))
    throw std::runtime_error("the broker does not confirm");
  portions_.push_back(first);
  confirmed_ += kPortion;
}

}  // namespace event_consumer::testing
