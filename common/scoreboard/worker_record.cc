#include "common/scoreboard/worker_record.h"

#include <numeric>

namespace event_consumer {

namespace {

template <typename Counts>
void add_each(Counts& to, const Counts& from) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += from[i];
}

}  // namespace

void WorkerCounters::count_failed_insert(std::uint64_t error_class, std::uint64_t code,
                                         std::uint64_t times) {
  for (FailedInserts& place : failed_inserts) {
    if (place.count == 0) place = {error_class, code, 0};
    const bool is_last = &place == &failed_inserts.back();
    if (!is_last && (place.error_class != error_class || place.code != code)) continue;
    place.count += times;
    return;
  }
}

void WorkerCounters::add(const WorkerCounters& other) {
  received += other.received;
  redelivered += other.redelivered;
  received_bytes += other.received_bytes;
  inserted += other.inserted;
  add_each(dead_lettered, other.dead_lettered);
  rejected += other.rejected;
  recognised += other.recognised;
  returned += other.returned;
  inserted_bytes += other.inserted_bytes;
  add_each(batches, other.batches);
  insert_seconds.add(other.insert_seconds);
  batch_rows.add(other.batch_rows);
  for (const FailedInserts& failed : other.failed_inserts)
    if (failed.count != 0) count_failed_insert(failed.error_class, failed.code, failed.count);
  add_each(reconnects, other.reconnects);
}

std::uint64_t WorkerCounters::all_dead_lettered() const {
  return std::accumulate(dead_lettered.begin(), dead_lettered.end(), std::uint64_t{0});
}

std::uint64_t WorkerCounters::settled() const {
  return inserted + all_dead_lettered() + rejected + recognised + returned;
}

}  // namespace event_consumer
