#include "tests/support/steady_publisher.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "tests/support/click_events.h"

namespace event_consumer::testing {

namespace {

constexpr std::chrono::seconds kConfirmTimeout{3};
constexpr std::chrono::milliseconds kRetry{200};
constexpr std::chrono::milliseconds kUntilFewerWait{20};

std::string click_event(std::uint64_t id) {
  static const ClickEvents events(14);
  return events.json_at(id);
}

}  // namespace

MessageProperties lasting_properties() {
  MessageProperties properties;
  properties.delivery_mode = 2;
  properties.mandatory = true;
  return properties;
}

SteadyPublisher::SteadyPublisher(std::vector<std::string> urls, std::string queue, SteadyLoad load)
    : urls_(std::move(urls)),
      queue_(std::move(queue)),
      load_(std::move(load)),
      events_per_second_(load_.events_per_second),
      thread_([this] { run(); }) {}

void SteadyPublisher::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

std::vector<std::uint64_t> SteadyPublisher::confirmed_ids(std::uint64_t first,
                                                          std::uint64_t last) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::uint64_t> ids;
  // The portion that begins before `first` may reach beyond it.
  auto portion = std::lower_bound(portions_.begin(), portions_.end(),
                                  first - std::min(first, load_.portion - 1));
  for (; portion != portions_.end() && *portion < last; ++portion)
    for (std::uint64_t id = *portion; id < *portion + load_.portion; ++id)
      if (id >= first && id < last) ids.push_back(id);
  return ids;
}

void SteadyPublisher::run() {
  for (std::size_t node = 0; !stopping_; ++node) {
    try {
      publish_through(urls_[node % urls_.size()]);
    } catch (const std::runtime_error&) {
      // Nothing is confirmed, or the node is away: that is what the test is about.
      std::this_thread::sleep_for(kRetry);
    }
  }
}

void SteadyPublisher::publish_through(const std::string& url) {
  AmqpClient client(url);
  client.enable_confirms();
  auto next = Clock::now();
  while (!stopping_) {
    idle_ = paused_.load();
    if (!idle_ && !may_publish(client)) {
      next = Clock::now() + kUntilFewerWait;
      std::this_thread::sleep_until(next);
      continue;
    }
    if (!idle_) publish_portion(client);
    next += std::chrono::microseconds(1'000'000 * load_.portion / events_per_second_);
    std::this_thread::sleep_until(next);
  }
}

bool SteadyPublisher::may_publish(AmqpClient& client) const {
  return load_.most_waiting == 0 || client.message_count(queue_) <= load_.most_waiting;
}

void SteadyPublisher::publish_portion(AmqpClient& client) {
  const std::uint64_t first = next_id_.fetch_add(load_.portion);
  MessageProperties properties = lasting_properties();
  for (std::uint64_t id = first; id < first + load_.portion; ++id) {
    properties.priority = static_cast<int>(id % 5);  // for a queue that knows priorities
    client.publish("", queue_, load_.body ? load_.body(id) : click_event(id), properties);
  }
  if (!client.wait_for_confirms(kConfirmTimeout))
    throw std::runtime_error("the broker does not confirm");
  const std::lock_guard lock(mutex_);
  portions_.push_back(first);
  confirmed_ += load_.portion;
}

}  // namespace event_consumer::testing
