// ConsumerWatch: asks the broker in the background, again and again, how many consumers a queue
// has, and remembers the fewest.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "tests/support/amqp_client.h"
#include "tests/support/test_topology.h"

namespace event_consumer::testing {

class ConsumerWatch {
 public:
  explicit ConsumerWatch(const std::string& queue) : thread_([this, queue] { run(queue); }) {}
  ~ConsumerWatch() { stop(); }

  // Looks no more. Returns the fewest that were seen.
  std::uint32_t stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
    return fewest_;
  }
  std::uint32_t looks() const { return looks_; }

 private:
  void run(const std::string& queue) {
    AmqpClient client(rabbitmq().url());
    for (; !stopping_; ++looks_) fewest_ = std::min(fewest_, client.consumer_count(queue));
  }

  std::atomic<bool> stopping_{false};
  std::uint32_t fewest_ = ~std::uint32_t{0};
  std::uint32_t looks_ = 0;
  std::thread thread_;
};

}  // namespace event_consumer::testing
