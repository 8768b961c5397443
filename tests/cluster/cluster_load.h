// ClusterLoad: a publisher at a steady rate, through any node of the cluster, that remembers what
// was confirmed. What was not when its connection broke is not sent again: each id is published
// once, so what is stored twice the service has stored twice.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "common/clock.h"
#include "tests/support/amqp_client.h"

namespace event_consumer::testing {

// As the publisher of the click events sends them, but lasting, and never dropped unseen.
MessageProperties lasting_properties();

class ClusterLoad {
 public:
  // Begins at once with event 0, through the first URL; when that fails, through the next one.
  ClusterLoad(std::vector<std::string> urls, std::string queue, unsigned events_per_second);
  ~ClusterLoad() { stop(); }

  // From now on, nothing; or again.
  void pause() { paused_ = true; }
  void resume() { paused_ = false; }
  void stop();

  // Events from this id on are published later than now.
  std::uint64_t next_id() const { return next_id_; }
  std::uint64_t confirmed() const { return confirmed_; }
  // Whether the broker has answered for everything that was published; after pause().
  bool is_idle() const { return idle_; }

  // The confirmed ids, ascending; after stop().
  std::vector<std::uint64_t> confirmed_ids() const;

 private:
  void run();
  void publish_through(const std::string& url);
  void publish_portion(AmqpClient& client);

  const std::vector<std::string> urls_;
  const std::string queue_;
  const unsigned events_per_second_;
  std::atomic<bool> paused_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> idle_{false};
  std::atomic<std::uint64_t> next_id_{0};
  std::atomic<std::uint64_t> confirmed_{0};
  std::vector<std::uint64_t> portions_;  // the first id of each that was confirmed
  std::thread thread_;
};

}  // namespace event_consumer::testing
