// The insert stage of a worker: events become rows of batches here, and batches are posted one
// after the other, each until it is stored or its rows are found to be refused. It decides what a
// failed insert means for the batch; what it means for the deliveries is the settlement's business.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/backoff.h"
#include "common/log_limiter.h"
#include "common/result.h"
#include "worker/batch/batch_queue.h"
#include "worker/batch/crash_guard.h"
#include "worker/encode/verdict.h"
#include "worker/insert/inserter.h"

namespace event_consumer {

// Who is told what became of the rows.
class InsertResults {
 public:
  virtual ~InsertResults() = default;
  virtual void stored(const std::vector<DeliveryTag>& tags) = 0;
  // One event will never be stored; `delivery` is valid during the call only.
  virtual Result<Done> refused(const Delivery& delivery, const Rejection& rejection) = 0;
};

class InsertStage {
 public:
  // `guard`, `inserter` and `results` must outlive the stage. Even when nothing fails the table is
  // looked at again every `check_interval`: a column that was added makes no insert fail.
  InsertStage(const BatchLimits& limits, Duration check_interval, Encoding encoding,
              CrashGuard& guard, Inserter& inserter, InsertResults& results);

  // Encodes the event and adds its row to the batch being filled. When it is rejected, returns why.
  std::optional<Rejection> add(const Delivery& delivery, TimePoint now);

  // Seals the batch being filled: nothing more will come soon.
  void seal(FlushReason why) { batches_.seal(why); }

  // Each reports an event. An Error is one of InsertResults::refused.
  Result<Done> inserted(const InsertOutcome& outcome, TimePoint now);
  Result<Done> table_checked(TableOutcome outcome, TimePoint now);
  void time_passed(TimePoint now);

  // Begins the next post, when there is something to post and nothing under way or waited for.
  void post_next(TimePoint now);

  // When time_passed() has something to do.
  std::optional<TimePoint> deadline() const;

  // Drops all rows; the outcome of a request under way will count for nothing. With `probe`, a sign
  // of life of ClickHouse is waited for before is_healthy() again.
  void drop_all();
  void drop_all_and_probe(TimePoint now);
  bool is_healthy() const { return !must_probe_; }

  // Stop: no batch waits for company any more, and no failed insert is repeated.
  void drain();
  bool gave_up() const { return state_ == State::kGivenUp; }

  // Whether the inserter works on something: the memory of its batch must stay until then.
  bool request_under_way() const {
    return state_ == State::kPosting || state_ == State::kChecking || state_ == State::kOrphaned;
  }

  // Bytes kept for all rows that are not stored yet.
  std::size_t held_bytes() const;

  // Adds what the stage knows to the worker's record.
  void report(WorkerRecord& record);

 private:
  //  kIdle ──▶ kPosting ──stored──▶ kIdle
  //               │ failed, passes by itself          │ the rows are at fault
  //               ▼                                   ▼
  //            kWaiting ──▶ kPosting or kChecking ──▶ kIdle, with the batch as it was, encoded
  //                                                   anew, cut in halves, or set apart
  enum class State {
    kIdle,
    kPosting,   // the inserter has the front batch
    kOrphaned,  // the inserter works on something whose deliveries are gone
    kChecking,  // the inserter reads the table's columns
    kWaiting,   // until wait_until_, then as next_ says
    kGivenUp,   // stopping, and the front batch failed
  };

  // What is to be done with the front batch.
  enum class Next {
    kPost,          // post it
    kCheckAndPost,  // see whether the table is still the same, then post it
    kCheckAndCut,   // … then find the rows that are refused
  };

  struct Suspect {
    Batch row;            // the only one of its batch
    std::string refusal;  // the server's words
  };

  // Inserts that fail one after the other with the same code.
  struct LongFailure {
    int code;
    TimePoint since;
    bool is_said;  // that it is long
  };

  std::optional<Rejection> encode(const Delivery& delivery, RowBuffer& rows);
  void post(TimePoint now);
  void note_outcome(const InsertOutcome& outcome, TimePoint now);
  void note_failure(ErrorClass error_class, int code, const std::string& message, TimePoint now);
  Result<Done> failed(const InsertOutcome& outcome, TimePoint now);
  void warn_of_long_failure(const InsertOutcome& outcome, TimePoint now);
  void wait(Backoff& backoff, Next next, const std::string& why, TimePoint now);
  void check_table(Next next);
  Result<Done> adopt(Encoding encoding);
  Result<Done> encode_anew(const Batch& batch, std::vector<Batch>& anew);
  Result<Done> cut_front(TimePoint now);
  Result<Done> set_apart(TimePoint now);
  void retry_suspects();
  Result<Done> refuse(const Suspect& suspect);

  BatchLimits limits_;
  Duration check_interval_;
  Encoding encoding_;
  std::vector<bool> written_columns_;  // of the batch being filled, where that differs
  CrashGuard& guard_;
  Inserter& inserter_;
  InsertResults& results_;

  BatchQueue batches_;
  State state_ = State::kIdle;
  std::optional<TimePoint> wait_until_;  // only in kWaiting
  Next next_ = Next::kPost;
  Backoff transient_backoff_;
  Backoff configuration_backoff_;
  std::string last_fault_;
  LogLimiter log_limiter_;
  std::optional<LongFailure> long_failure_;
  std::optional<TimePoint> checked_at_;  // when the table was seen last
  bool draining_ = false;
  bool must_probe_ = false;

  // Rows that were refused alone while no insert was stored: either they are bad, or everything is.
  std::vector<Suspect> suspects_;
  std::string refusal_;  // the server's words on the front batch
  std::size_t stored_inserts_ = 0;
  // Rows given up since then without any to compare them with.
  std::size_t unconfirmed_refusals_ = 0;

  WorkerCounters counters_{};  // those of batches and inserts
  std::optional<TimePoint> inserting_since_;
  std::optional<TimePoint> last_insert_at_;
  std::optional<TimePoint> failed_at_;  // of the latest insert or look at the table, if it failed
  std::string failure_;                 // of the latest one that failed
  bool was_lost_ = false;               // an insert got no answer, and none was stored since
  std::optional<double> event_time_;    // of the latest event since the last report
};

}  // namespace event_consumer
