// InsertStats: the figures of a worker's inserts, as status and metrics show them.
#pragma once

#include <optional>
#include <string>

#include "common/clock.h"
#include "common/scoreboard/worker_record.h"
#include "worker/insert/inserter.h"

namespace event_consumer {

class InsertStats {
 public:
  // A post has begun; it ends with stored() or failed().
  void posted(TimePoint now) { inserting_since_ = now; }
  void stored(const Batch& batch, TimePoint now);
  void failed(const InsertOutcome& outcome, TimePoint now);

  // The table could not be looked at; or it could, and no insert that failed waits.
  void look_failed(const TableOutcome& outcome, TimePoint now);
  void look_succeeded() { failed_at_.reset(); }

  // An event was encoded that happened then, in seconds since the epoch.
  void encoded(std::optional<double> event_time) { event_time_ = event_time; }

  // Adds them to the worker's record.
  void report(WorkerRecord& record);

 private:
  void note_failure(ErrorClass error_class, int code, const std::string& message, TimePoint now);

  WorkerCounters counters_{};
  std::optional<TimePoint> inserting_since_;
  std::optional<TimePoint> last_insert_at_;
  std::optional<TimePoint> failed_at_;  // of the latest insert or look at the table, if it failed
  std::string failure_;                 // of the latest one that failed
  bool was_lost_ = false;               // an insert got no answer, and none was stored since
  std::optional<double> event_time_;    // of the latest event since the last report
};

}  // namespace event_consumer
