// The part of the insert stage that keeps its figures.
#include <chrono>
#include <string>
#include <utility>

#include "worker/insert/insert_stage.h"

namespace event_consumer {

void InsertStage::note_failure(ErrorClass error_class, int code, const std::string& message,
                               TimePoint now) {
  failed_at_ = now;
  failure_ = message;
  counters_.count_failed_insert(static_cast<std::uint64_t>(error_class),
                                static_cast<std::uint64_t>(code));
}

void InsertStage::note_outcome(const InsertOutcome& outcome, TimePoint now) {
  const TimePoint began = *std::exchange(inserting_since_, std::nullopt);
  if (outcome.kind != InsertOutcome::Kind::kStored) {
    if (outcome.kind == InsertOutcome::Kind::kUnknown) was_lost_ = true;
    return note_failure(outcome.error_class, outcome.code, outcome.message, now);
  }
  failed_at_.reset();
  last_insert_at_ = now;
  if (std::exchange(was_lost_, false))
    ++counters_.reconnects[static_cast<std::size_t>(Peer::kClickhouse)];
  const Batch& batch = *batches_.front();
  counters_.insert_seconds.observe(std::chrono::duration<double>(now - began).count());
  counters_.batch_rows.observe(static_cast<double>(batch.rows()));
  counters_.inserted_bytes += batch.bytes().size();
}

void InsertStage::report(WorkerRecord& record) {
  const auto time = [](const std::optional<TimePoint>& at) {
    return at ? to_monotonic_time(*at) : 0;
  };
  record.counters.add(counters_);
  for (std::size_t i = 0; i < batches_.flushes().size(); ++i)
    record.counters.batches[i] += batches_.flushes()[i];
  record.held_bytes = held_bytes();
  record.filling_rows = batches_.filling_rows();
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
