// The insert stage of a worker: messages become rows of batches here, and batches are posted one
// after the other, each until it is stored or its rows are found to be refused. It is told what
// happened, and answers what is to be done: events in, effects out. It asks nobody, least of all
// the clock; what an effect means for the deliveries is Settlement's business.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "worker/batch/batch_queue.h"
#include "worker/batch/row_writer.h"
#include "worker/insert/insert_stats.h"
#include "worker/insert/inserter.h"
#include "worker/insert/orphans.h"
#include "worker/insert/refusal_search.h"
#include "worker/insert/retry_pause.h"
#include "worker/ledger/post_ledger.h"
#include "worker/message/in_flight.h"

namespace event_consumer {

// What an event comes to. At most one request: `post` or `check_table`.
struct Effects {
  std::vector<DeliveryId> stored;  // their rows are in the table
  std::vector<Refused> refused;    // these will never be
  const Batch* post = nullptr;     // to be posted; stays as it is until the outcome is there
  bool check_table = false;        // the table's columns are to be read again
  bool is_settled = false;         // then no batch may be stored without our knowing it
};

// When the latest posts began that other workers have stored; 0: none.
struct StoredByOthers {
  MonotonicTime insert_posted_at = 0;
  MonotonicTime run_posted_at = 0;  // the first one of a run, see StoredRuns
};

class InsertStage {
 public:
  // Messages that must be encoded anew are looked up in `messages`; what is posted is written into
  // `ledger`. Both must outlive the stage.
  // Even when nothing fails the table is looked at again every `check_interval`: a column that was
  // added makes no insert fail.
  InsertStage(const BatchLimits& limits, Duration check_interval, RowWriter writer,
              const InFlight& messages, PostLedger& ledger);

  // Each reports an event.
  Effects add(DeliveryId id, const Delivery& message, TimePoint now);  // none but this is refused
  // When `message`, the one added last, was published, as far as that is known (RowWriter).
  std::optional<double> published_at(const Delivery& message) const {
    return writer_.published_at(message);
  }
  Effects window_is_full(TimePoint now);  // nothing more can come
  Effects inserted(const InsertOutcome& outcome, TimePoint now);
  Effects table_checked(TableOutcome outcome, TimePoint now);
  Effects time_passed(TimePoint now);
  // Other workers have stored in the same table.
  Effects others_stored(const StoredByOthers& stored, TimePoint now);
  // A stop: no batch waits for company any more, and no failed insert is repeated.
  Effects drain(TimePoint now);
  // All messages are gone, with their link or because they were given back. What may be stored of
  // them is an orphan from here on: it is posted until that is known, for the ledger's sake. After
  // `given_back` is_healthy() is false until ClickHouse has given a sign of life, or, when nothing
  // `fits` the table, until the table has other columns.
  void link_lost();
  void given_back(bool fits, TimePoint now);

  // Only those are gone that InFlight does not keep any more; is_healthy() as after `given_back`.
  void let_go(bool fits, TimePoint now);
  // A batch of a worker that is dead.
  void adopt(BatchPtr orphan) { orphans_.adopt(std::move(orphan)); }

  // When time_passed() has something to do.
  std::optional<TimePoint> deadline() const;

  bool is_healthy() const { return mode_ == Mode::kOrdinary || mode_ == Mode::kDraining; }
  // Whether it waits for other columns before anything more may come.
  bool awaits_columns() const { return mode_ == Mode::kMisfit; }
  // Messages of which no key is a column, and that wait for another to be stored.
  std::size_t unmatched() const { return refusal_search_.unmatched(); }
  // Messages about which others have to decide: these, and those that are refused alone.
  std::size_t undecided() const { return refusal_search_.undecided(); }
  // Whether it waits before it tries again what has failed.
  bool is_failing() const { return phase_.state == State::kWaiting; }
  // Whether a drained stage posts nothing any more, though it has something.
  bool gave_up() const { return phase_.state == State::kGivenUp; }
  // Whether the inserter has an orphan, whose outcome settles nothing here; and whether there is
  // any.
  bool posts_orphan() const { return posted_ != nullptr && posted_->is_orphan(); }
  bool has_orphans() const { return posts_orphan() || !orphans_.empty(); }
  // Whether the inserter works on something: the memory of its batch must stay until then.
  bool request_under_way() const {
    return phase_.state == State::kPosting || phase_.state == State::kChecking;
  }

  // Bytes of all rows that are not stored yet.
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
    kPosting,   // the inserter has posted_
    kChecking,  // the inserter reads the table's columns
    kWaiting,   // for a while, then as Phase::next says
    kGivenUp,   // stopping, and the front batch failed
  };

  // What is to be done with the front batch.
  enum class Next {
    kPost,           // post it
    kCheckAndPost,   // see whether the table is still the same, then post it
    kCheckAndCut,    // … then find the messages that are refused
    kCheckAndJudge,  // … then another worker's insert is a witness
  };

  struct Phase {
    State state = State::kIdle;
    Next next = Next::kPost;  // in kChecking and kWaiting
    TimePoint at{};           // in kPosting: when it began; in kWaiting: when it is over
  };

  enum class Mode {
    kOrdinary,
    kProbing,   // something had to go: nothing more is to come before a sign of life of ClickHouse
    kMisfit,    // all was given back: nothing more is to come before the table has other columns
    kDraining,  // stopping
  };

  // When the table is looked at though nothing failed.
  struct TableWatch {
    Duration interval;
    std::optional<TimePoint> seen_at = std::nullopt;
    std::optional<TimePoint> round_at = std::nullopt;  // then what is set apart is tried again
  };

  Effects go_on(TimePoint now, Effects effects = {});
  Effects post(TimePoint now, Effects effects);
  Effects check_table(Next next, Effects effects = {});
  Effects wait(ErrorClass error_class, Next next, const std::string& why, TimePoint now);
  Effects token_is_void(const InsertOutcome& outcome, TimePoint now);
  Effects witnessed(bool is_run, TimePoint now);
  void put_on_trial(std::vector<BatchPtr> round);
  Effects orphan_answered(const InsertOutcome& outcome, TimePoint now);
  Effects stored(const InsertOutcome& outcome, TimePoint posted_at, TimePoint now);
  Effects failed(const InsertOutcome& outcome, TimePoint now);
  Effects refused(const InsertOutcome& outcome, TimePoint now);
  bool is_of_no_use(const InsertOutcome& outcome) const;
  Effects give_up_bytes(TimePoint now);
  Effects look_failed(const TableOutcome& outcome, Next next, TimePoint now);
  Effects adopt(Encoding encoding, TimePoint now);
  void reject(Refused message, TimePoint now, Effects& effects);
  std::vector<BatchPtr> take_anew(const Batch& batch, TimePoint now, Effects& effects);
  Effects search_front(TimePoint now);
  void drop_all();
  bool put_first(BatchPtr batch);
  void await_sign_of_life(bool fits, TimePoint now);
  // What may be stored is posted meanwhile.
  bool waits_for_columns() const { return mode_ == Mode::kMisfit && orphans_.empty(); }
  std::optional<TimePoint> look_deadline() const;

  const InFlight& messages_;
  PostLedger& ledger_;
  RowWriter writer_;
  BatchQueue batches_;
  Orphans orphans_;  // are posted before all others
  BatchPtr posted_;  // the one that the inserter has
  Phase phase_;
  Mode mode_ = Mode::kOrdinary;
  RetryPause retry_pause_;
  RefusalSearch refusal_search_;
  InsertStats stats_;
  TableWatch table_watch_;
};

}  // namespace event_consumer
