#include "worker/insert/insert_stage.h"

#include <chrono>
#include <string>
#include <utility>

#include "common/log.h"

namespace event_consumer {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// So long one code may keep inserts from being stored before the log speaks of it anew.
constexpr std::chrono::minutes kLongFailure{5};

double in_seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

InsertStage::InsertStage(const BatchLimits& limits, Duration check_interval, Encoding encoding,
                         CrashGuard& guard, Inserter& inserter, InsertResults& results)
    : limits_(limits),
      check_interval_(check_interval),
      encoding_(std::move(encoding)),
      guard_(guard),
      inserter_(inserter),
      results_(results),
      batches_(limits, encoding_.format),
      transient_backoff_(milliseconds(100), seconds(30)),
      configuration_backoff_(seconds(5), seconds(60)) {}

std::optional<Rejection> InsertStage::add(const Delivery& delivery, TimePoint now) {
  RowBuffer& rows = batches_.buffer();
  const std::size_t before = rows.size();
  if (auto rejection = encode(delivery, rows)) return rejection;
  const std::size_t size = rows.size() - before;
  if (size > limits_.bytes) {
    rows.truncate(before);
    return Rejection{Reason::kTooLarge, "",
                     "the row is " + std::to_string(size) + " bytes, --batch-bytes is " +
                         std::to_string(limits_.bytes)};
  }
  if (encoding_.format_of && encoding_.encoder.written_columns() != written_columns_) {
    // Rows of other columns need an INSERT of their own.
    const std::string row(rows.view().substr(before));
    rows.truncate(before);
    written_columns_ = encoding_.encoder.written_columns();
    batches_.change_format(encoding_.format_of(written_columns_));
    batches_.buffer().append(row);
  }
  batches_.added(delivery, now);
  event_time_ = encoding_.encoder.event_time();
  return std::nullopt;
}

std::optional<Rejection> InsertStage::encode(const Delivery& delivery, RowBuffer& rows) {
  return guard_.guard(delivery, [&] { return encoding_.encoder.encode(delivery.body, rows); });
}

Result<Done> InsertStage::inserted(const InsertOutcome& outcome, TimePoint now) {
  const bool orphaned = state_ == State::kOrphaned;
  state_ = State::kIdle;
  const bool stored = outcome.kind == InsertOutcome::Kind::kStored;
  note_outcome(outcome, now);
  if (orphaned) {
    batches_.pop();
    if (stored) must_probe_ = false;
    if (must_probe_) wait(configuration_backoff_, Next::kCheckAndPost, outcome.message, now);
    return Done{};
  }
  if (!stored) return failed(outcome, now);

  const Batch& batch = *batches_.front();
  log::debug("{} rows stored, {} bytes", batch.rows(), batch.bytes().size());
  results_.stored(batch.tags());
  batches_.pop();
  transient_backoff_.reset();
  configuration_backoff_.reset();
  last_fault_.clear();
  long_failure_.reset();
  log_limiter_.over();
  ++stored_inserts_;
  unconfirmed_refusals_ = 0;
  retry_suspects();
  if (!checked_at_) checked_at_ = now;
  if (!draining_ && now - *checked_at_ >= check_interval_) check_table(Next::kCheckAndPost);
  return Done{};
}

Result<Done> InsertStage::failed(const InsertOutcome& outcome, TimePoint now) {
  if (outcome.kind == InsertOutcome::Kind::kUnknown) batches_.front()->set_may_be_stored();
  if (draining_) {
    log::warn("{}", outcome.message);
    state_ = State::kGivenUp;
    return Done{};
  }
  refusal_ = outcome.message;
  switch (outcome.error_class) {
    case ErrorClass::kTransient:
      warn_of_long_failure(outcome, now);
      wait(transient_backoff_, Next::kPost, outcome.message, now);
      break;
    case ErrorClass::kConfiguration:
      wait(configuration_backoff_, Next::kCheckAndPost, outcome.message, now);
      break;
    case ErrorClass::kData:
      check_table(Next::kCheckAndCut);
      break;
  }
  return Done{};
}

void InsertStage::warn_of_long_failure(const InsertOutcome& outcome, TimePoint now) {
  if (!long_failure_ || long_failure_->code != outcome.code)
    long_failure_ = LongFailure{outcome.code, now, false};
  if (long_failure_->is_said || now - long_failure_->since < kLongFailure) return;
  long_failure_->is_said = true;
  log::warn("nothing was stored for {} minutes, for one reason all the time: {}",
            kLongFailure.count(), outcome.message);
}

void InsertStage::wait(Backoff& backoff, Next next, const std::string& why, TimePoint now) {
  const Duration delay = backoff.next();
  if (log_limiter_.is_news(why, now))
    log::warn("{}; nothing is lost, tried again in {:.1f} s and then until it works", why,
              in_seconds(delay));
  last_fault_ = why;
  state_ = State::kWaiting;
  next_ = next;
  wait_until_ = now + delay;
}

void InsertStage::check_table(Next next) {
  next_ = next;
  state_ = State::kChecking;
  inserter_.start_table_check();
}

Result<Done> InsertStage::table_checked(TableOutcome outcome, TimePoint now) {
  const bool orphaned = state_ == State::kOrphaned;
  state_ = State::kIdle;
  checked_at_ = now;
  if (outcome.kind == TableOutcome::Kind::kFailed) {
    note_failure(outcome.error_class, 0, outcome.message, now);
    Backoff& backoff =
        outcome.error_class == ErrorClass::kTransient ? transient_backoff_ : configuration_backoff_;
    if (draining_)
      state_ = State::kGivenUp;
    else if (!orphaned || must_probe_)
      wait(backoff, next_, outcome.message, now);
    return Done{};
  }
  must_probe_ = false;
  if (batches_.front() == nullptr) failed_at_.reset();
  if (outcome.kind == TableOutcome::Kind::kChanged) return adopt(std::move(*outcome.encoding));
  if (!orphaned && next_ == Next::kCheckAndCut) return cut_front(now);
  if (batches_.front() != nullptr && !orphaned) post(now);
  return Done{};
}

void InsertStage::time_passed(TimePoint now) {
  batches_.seal_if_due(now);
  if (state_ != State::kWaiting || now < *wait_until_) return;
  wait_until_.reset();
  state_ = State::kIdle;
  if (next_ != Next::kPost) check_table(next_);
}

void InsertStage::post_next(TimePoint now) {
  if (state_ != State::kIdle || batches_.front() == nullptr) return;
  // A server that does not compare types itself stores bytes of other types as garbage.
  if (!batches_.front()->format().states_types) return check_table(Next::kCheckAndPost);
  post(now);
}

void InsertStage::post(TimePoint now) {
  state_ = State::kPosting;
  inserting_since_ = now;
  inserter_.start(*batches_.front());
}

std::optional<TimePoint> InsertStage::deadline() const {
  return earliest(batches_.deadline(), wait_until_);
}

void InsertStage::drop_all() {
  suspects_.clear();
  wait_until_.reset();
  if (state_ == State::kPosting) {
    batches_.drop_all_but_front();
    state_ = State::kOrphaned;
  } else if (state_ == State::kChecking) {
    batches_.drop_all();
    state_ = State::kOrphaned;
  } else if (state_ != State::kOrphaned) {
    batches_.drop_all();
    state_ = State::kIdle;
  }
}

void InsertStage::drop_all_and_probe(TimePoint now) {
  drop_all();
  must_probe_ = true;
  if (state_ == State::kIdle) wait(configuration_backoff_, Next::kCheckAndPost, last_fault_, now);
}

void InsertStage::drain() {
  draining_ = true;
  seal(FlushReason::kStop);
  wait_until_.reset();
  if (state_ == State::kWaiting) state_ = State::kGivenUp;
}

std::size_t InsertStage::held_bytes() const {
  std::size_t bytes = batches_.held_bytes();
  for (const Suspect& suspect : suspects_) bytes += suspect.row.held_bytes();
  return bytes;
}

}  // namespace event_consumer
