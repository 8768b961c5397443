// DeadLetterWatch: minds the dead-letter queue of the present link: its confirms, its refusals, its
// size. A new one begins with each link.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/backoff.h"
#include "common/result.h"
#include "worker/loop/settlement.h"
#include "worker/loop/worker_status.h"
#include "worker/message/dead_letter_sink.h"

namespace event_consumer {

class DeadLetterWatch {
 public:
  // `settlement` and `status` must outlive it.
  DeadLetterWatch(Settlement& settlement, WorkerStatus& status);

  // A link is there; `queue` says in logs whose dead letters these are.
  void link_made(const std::string& queue);

  // Passes on what was confirmed, tries again what was refused, and counts the queue now and then.
  // The Error says that the link is lost.
  Result<Done> work(DeadLetterSink& letters, TimePoint now);

  // When it has something to do although nothing arrives.
  std::optional<TimePoint> deadline() const { return probe_at_; }

  // Why the queue refuses; empty when it does not.
  const std::string& fault() const { return fault_; }

 private:
  Result<Done> read_confirms(DeadLetterSink& letters, TimePoint now);
  void refused(const Error& error, TimePoint now);
  Result<Done> probe(DeadLetterSink& letters, TimePoint now);
  Result<Done> count(DeadLetterSink& letters, TimePoint now);

  Settlement& settlement_;
  WorkerStatus& status_;
  std::string queue_;
  std::optional<TimePoint> probe_at_;  // only while the queue refuses
  Backoff backoff_;
  std::string fault_;  // already in the log
  TimePoint count_at_{};
  bool has_warned_ = false;
};

}  // namespace event_consumer
