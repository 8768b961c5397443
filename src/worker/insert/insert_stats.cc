#include "worker/insert/insert_stats.h"

#include <chrono>
#include <utility>

#include "common/log.h"
#include "common/text.h"
#include "common/utf8.h"

namespace event_consumer {
namespace {

// What is over before, for no clear reason, was a row's doing and no absence.
constexpr std::chrono::seconds kLongSearch{5};

}  // namespace

void InsertStats::stored(const Batch& batch, TimePoint now) {
  const TimePoint began = *std::exchange(inserting_since_, std::nullopt);
  recovered(now);
  last_insert_at_ = now;
  last_insert_posted_at_ = began;
  counters_.insert_seconds.observe(std::chrono::duration<double>(now - began).count());
  counters_.batch_rows.observe(static_cast<double>(batch.rows()));
  counters_.inserted_rows += batch.rows();
  counters_.inserted_bytes += batch.bytes().size();
}

void InsertStats::failed(const Batch& batch, const InsertOutcome& outcome, TimePoint now) {
  inserting_since_.reset();
  const bool is_unknown = outcome.kind == InsertOutcome::Kind::kUnknown;
  const bool may_be_stored = (is_unknown && !outcome.still_runs) || outcome.is_in_table;
  if (may_be_stored && !outcome.server.deduplicates) may_double(batch.rows());
  // A server that works on it is there.
  if (!outcome.still_runs && outcome.error_class != ErrorClass::kData)
    note_absence(outcome.error_class, outcome.message, now);
  note_failure(outcome.error_class, outcome.code, outcome.message, now);
}

void InsertStats::look_failed(const TableOutcome& outcome, TimePoint now) {
  note_absence(outcome.error_class, outcome.message, now);
  note_failure(outcome.error_class, 0, outcome.message, now);
}

void InsertStats::note_absence(ErrorClass error_class, const std::string& error, TimePoint now) {
  const bool is_unclear = error_class == ErrorClass::kUnclear;
  if (!absence_ || (absence_->is_unclear && !is_unclear))
    absence_ = Absence{now, error, is_unclear};
}

void InsertStats::recovered(TimePoint now) {
  is_failing_ = false;
  const auto absence = std::exchange(absence_, std::nullopt);
  if (!absence || (absence->is_unclear && now - absence->since < kLongSearch)) return;
  ++counters_.reconnects[static_cast<std::size_t>(Peer::kClickhouse)];
  log::info("ClickHouse takes inserts again, after {:.1f} s; what had been wrong: {}",
            std::chrono::duration<double>(now - absence->since).count(), absence->error);
}

void InsertStats::note_failure(ErrorClass error_class, int code, const std::string& message,
                               TimePoint now) {
  is_failing_ = true;
  note_error(message, now);
  counters_.count_failed_insert(static_cast<std::uint64_t>(error_class),
                                static_cast<std::uint64_t>(code));
}

void InsertStats::note_error(const std::string& message, TimePoint now) {
  error_at_ = now;
  error_ = message;
}

void InsertStats::encoded(std::optional<double> event_time, UnknownKeys& unknown_keys) {
  event_time_ = event_time;
  counters_.unknown_keys += unknown_keys.take_count();
  for (const std::string& name : unknown_keys.take_new_names()) {
    std::string shown = excerpt(name);
    if (named_keys_.size() == UnknownKeys::kMostNames || contains(named_keys_, shown)) continue;
    log::info("no column of the table takes the key {} of events: it is not stored", shown);
    named_keys_.push_back(std::move(shown));
  }
}

void InsertStats::nothing_fits(const std::string& error, TimePoint now) {
  note_error(error + ": it is kept until another event is stored", now);
  log::warn(
      "{}; it is neither stored nor dead-lettered before another event is stored: if none is, "
      "correct RABBITMQ_QUEUE or CLICKHOUSE_TABLE, or the columns",
      error);
}

void InsertStats::report(WorkerRecord& record) {
  const auto time = [](const std::optional<TimePoint>& at) {
    return at ? to_monotonic_time(*at) : 0;
  };
  record.counters.add(counters_);
  record.inserting_since = time(inserting_since_);
  record.last_insert_at = time(last_insert_at_);
  record.last_insert_posted_at = time(last_insert_posted_at_);
  record.insert_failing = is_failing_ ? 1 : 0;
  if (std::exchange(shown_keys_, named_keys_.size()) != named_keys_.size())
    record.unknown_key_names.set(joined(named_keys_));
  if (time(error_at_) > record.last_error_at) {
    record.last_error.set(error_);
    record.last_error_at = time(error_at_);
    record.last_error_over_at = 0;
  }
  if (const auto event_time = std::exchange(event_time_, std::nullopt)) {
    const std::chrono::duration<double> wall_clock =
        std::chrono::system_clock::now().time_since_epoch();
    record.event_lag_seconds = wall_clock.count() - *event_time;
  }
}

}  // namespace event_consumer
