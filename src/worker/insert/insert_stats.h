// InsertStats: the figures of a worker's inserts, as status and metrics show them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/scoreboard/worker_record.h"
#include "worker/encode/unknown_keys.h"
#include "worker/insert/inserter.h"

namespace event_consumer {

class InsertStats {
 public:
  // A post has begun; it ends with one of the next three.
  void posted(TimePoint now) { inserting_since_ = now; }
  void not_sent() { inserting_since_.reset(); }
  void stored(const Batch& batch, TimePoint now);
  void failed(const Batch& batch, const InsertOutcome& outcome, TimePoint now);

  // The table could not be looked at.
  void look_failed(const TableOutcome& outcome, TimePoint now);
  // No insert that failed waits: what was refused is dealt with, or the table is there again.
  void nothing_fails(TimePoint now) { recovered(now); }
  // Rows that may be stored are posted again under another token.
  void may_double(std::size_t rows) { counters_.possibly_doubled_rows += rows; }

  // An event was encoded that happened then, in seconds since the epoch. Unknown keys are counted,
  // and the log names each once.
  void encoded(std::optional<double> event_time, UnknownKeys& unknown_keys);

  // An event has no key that is a column, and no other has shown yet whose fault that is.
  void nothing_fits(const std::string& error, TimePoint now);

  // Adds them to the worker's record.
  void report(WorkerRecord& record);

 private:
  // What failed before is over, and the log says so.
  void recovered(TimePoint now);
  void note_absence(ErrorClass error_class, const std::string& error, TimePoint now);
  void note_error(const std::string& message, TimePoint now);
  void note_failure(ErrorClass error_class, int code, const std::string& message, TimePoint now);

  WorkerCounters counters_{};
  std::optional<TimePoint> inserting_since_;
  std::optional<TimePoint> last_insert_at_;
  std::optional<TimePoint> last_insert_posted_at_;
  bool is_failing_ = false;  // the latest insert or look at the table failed
  std::optional<TimePoint> error_at_;
  std::string error_;  // the latest
  // Since when inserts fail though no row is at fault, and what was said first.
  struct Absence {
    TimePoint since;
    std::string error;
    bool is_unclear = false;  // it may be the rows after all
  };
  std::optional<Absence> absence_;
  std::optional<double> event_time_;     // of the latest event since the last report
  std::vector<std::string> named_keys_;  // excerpts of those that are unknown
  std::size_t shown_keys_ = 0;           // so many of them are in the record
};

}  // namespace event_consumer
