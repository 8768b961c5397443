// QueueWatch: has the source queue counted now and then, and says in how many seconds it will be
// empty if it goes on as it did.
#pragma once

#include <deque>
#include <optional>

#include "common/clock.h"
#include "common/result.h"
#include "common/scoreboard/worker_record.h"
#include "worker/message/source.h"

namespace event_consumer {

class QueueWatch {
 public:
  // Writes what it knows into `count`, which must outlive it.
  explicit QueueWatch(QueueCount& count) : count_(count) {}

  // A link is there: what was counted over the one before is void.
  void link_made();
  // Asks when it is time, unless an answer is awaited. The Error says that the link is lost.
  Result<Done> work(Source& source, TimePoint now);
  // The answer.
  void counted(const QueueFacts& queue, TimePoint now);

 private:
  struct Counted {
    std::uint32_t messages;
    TimePoint at;
  };

  QueueCount& count_;
  std::optional<TimePoint> ask_at_;  // nothing while an answer is awaited
  std::deque<Counted> counted_;      // those of the last minute
};

}  // namespace event_consumer
