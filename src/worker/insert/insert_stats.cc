#include "worker/insert/insert_stats.h"

#include <chrono>
#include <utility>

namespace event_consumer {

void InsertStats::stored(const Batch& batch, TimePoint now) {
  const TimePoint began = *std::exchange(inserting_since_, std::nullopt);
  failed_at_.reset();
  last_insert_at_ = now;
  if (std::exchange(was_lost_, false))
    ++counters_.reconnects[static_cast<std::size_t>(Peer::kClickhouse)];
  counters_.insert_seconds.observe(std::chrono::duration<double>(now - began).count());
  counters_.batch_rows.observe(static_cast<double>(batch.rows()));
  counters_.inserted_bytes += batch.bytes().size();
}

void InsertStats::failed(const InsertOutcome& outcome, TimePoint now) {
  inserting_since_.reset();
  if (outcome.kind == InsertOutcome::Kind::kUnknown) was_lost_ = true;
  note_failure(outcome.error_class, outcome.code, outcome.message, now);
}

void InsertStats::look_failed(const TableOutcome& outcome, TimePoint now) {
  note_failure(outcome.error_class, 0, outcome.message, now);
}

void InsertStats::note_failure(ErrorClass error_class, int code, const std::string& message,
                               TimePoint now) {
  failed_at_ = now;
  failure_ = message;
  counters_.count_failed_insert(static_cast<std::uint64_t>(error_class),
                                static_cast<std::uint64_t>(code));
}

void InsertStats::report(WorkerRecord& record) {
  const auto time = [](const std::optional<TimePoint>& at) {
    return at ? to_monotonic_time(*at) : 0;
  };
  record.counters.add(counters_);
  record.inserting_since = time(inserting_since_);
  record.last_insert_at = time(last_insert_at_);
  record.insert_failing = failed_at_ ? 1 : 0;
  if (time(failed_at_) > record.last_error_at) {
    record.last_error.set(failure_);
    record.last_error_at = time(failed_at_);
  }
  if (const auto event_time = std::exchange(event_time_, std::nullopt)) {
    const std::chrono::duration<double> wall_clock =
        std::chrono::system_clock::now().time_since_epoch();
    record.event_lag_seconds = wall_clock.count() - *event_time;
  }
}

}  // namespace event_consumer
