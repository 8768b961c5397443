// WireTrap: strikes at what passes on the wire. The test arms it with a fault; the filters of the
// proxies claim it when an insert or an acknowledgement comes, and say when it has struck. It also
// knows which worker a connection belongs to, and kills it.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>

#include "tests/chaos/fault_kinds.h"
#include "tests/support/link_filter.h"

namespace event_consumer::testing {

class WireTrap {
 public:
  // Workers are children of this process.
  void set_supervisor(pid_t pid) { supervisor_ = pid; }

  // For the next `times` inserts, or acknowledgements. A worker that is killed when something was
  // passed on is killed so much later.
  void arm(FaultKind fault, int times, std::chrono::microseconds delay);
  // How often the fault has struck since.
  int struck() const { return struck_; }
  // Whether it struck where there was nobody to be killed: no worker's connection.
  bool missed() const { return missed_; }
  // It strikes no more.
  void disarm();

  // For filters, in the threads of the proxies.
  std::optional<FaultKind> claim_insert() {
    return claim(FaultKind::kResetInMidRequest, FaultKind::kKillWhenAnswered);
  }
  std::optional<FaultKind> claim_ack() {
    return claim(FaultKind::kKillBeforeAck, FaultKind::kKillAfterAck);
  }
  // The worker that has this end of a connection; 0: none.
  pid_t worker_at(int port) const;
  void strike() { ++struck_; }
  void kill_worker(pid_t worker);
  void kill_worker_later(pid_t worker);

  // The filters of links to ClickHouse and to RabbitMQ.
  MakeFilter insert_filters();
  MakeFilter ack_filters();

 private:
  std::optional<FaultKind> claim(FaultKind first, FaultKind last);

  std::atomic<pid_t> supervisor_{0};
  std::atomic<int> struck_{0};
  std::atomic<bool> missed_{false};
  std::mutex mutex_;  // guards what follows
  FaultKind fault_{};
  int times_ = 0;
  std::chrono::microseconds delay_{0};
};

}  // namespace event_consumer::testing
