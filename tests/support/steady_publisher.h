// SteadyPublisher: publishes events at a steady rate, with confirms, through any of several nodes,
// and remembers what was confirmed. What was not when its connection broke is not sent again: each
// id is published once, so what is stored twice the service has stored twice.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/clock.h"
#include "tests/support/amqp_client.h"

namespace event_consumer::testing {

// As the publisher of the click events sends them, but lasting, and never dropped unseen.
MessageProperties lasting_properties();

struct SteadyLoad {
  unsigned events_per_second;
  std::uint64_t portion = 100;  // so many are published at a time, and then waited for
  // The message of an id; without one, a click event.
  std::function<std::string(std::uint64_t id)> body = nullptr;
  // Nothing is published while more are ready for delivery. 0: it goes on regardless.
  std::uint32_t most_waiting = 0;
};

class SteadyPublisher {
 public:
  // Begins at once with event 0, through the first URL; when that fails, through the next one.
  SteadyPublisher(std::vector<std::string> urls, std::string queue, SteadyLoad load);
  ~SteadyPublisher() { stop(); }

  // From now on, nothing; or again.
  void pause() { paused_ = true; }
  void resume() { paused_ = false; }
  void set_rate(unsigned events_per_second) { events_per_second_ = events_per_second; }
  void stop();

  // Events from this id on are published later than now.
  std::uint64_t next_id() const { return next_id_; }
  std::uint64_t confirmed() const { return confirmed_; }
  // Whether the broker has answered for everything that was published; after pause().
  bool is_idle() const { return idle_; }

  // The ids confirmed so far from `first` to `last`, excluding `last`, ascending.
  std::vector<std::uint64_t> confirmed_ids(std::uint64_t first, std::uint64_t last) const;
  std::vector<std::uint64_t> confirmed_ids() const { return confirmed_ids(0, next_id_); }

 private:
  void run();
  void publish_through(const std::string& url);
  void publish_portion(AmqpClient& client);
  bool may_publish(AmqpClient& client) const;

  const std::vector<std::string> urls_;
  const std::string queue_;
  const SteadyLoad load_;
  std::atomic<unsigned> events_per_second_;
  std::atomic<bool> paused_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> idle_{false};
  std::atomic<std::uint64_t> next_id_{0};
  std::atomic<std::uint64_t> confirmed_{0};
  mutable std::mutex mutex_;             // guards what follows
  std::vector<std::uint64_t> portions_;  // the first id of each that was confirmed
  std::thread thread_;
};

}  // namespace event_consumer::testing
