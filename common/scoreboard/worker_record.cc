#include "common/scoreboard/worker_record.h"

#include <utility>

#include "common/scoreboard/counter_table.h"

namespace event_consumer {

namespace {

constexpr std::size_t size_of_counted() {
  std::size_t size = 0;
  for_each_counter(
      [&](const auto& counter) { size += sizeof(std::declval<WorkerCounters>().*counter.member); });
  return size;
}
static_assert(size_of_counted() == sizeof(WorkerCounters), "a counter is not in the table");

using FailedInsertsByKind = decltype(WorkerCounters::failed_inserts);

void count_failed(FailedInsertsByKind& places, std::uint64_t error_class, std::uint64_t code,
                  std::uint64_t times) {
  for (FailedInserts& place : places) {
    if (place.count == 0) place = {error_class, code, 0};
    const bool is_last = &place == &places.back();
    if (!is_last && (place.error_class != error_class || place.code != code)) continue;
    place.count += times;
    return;
  }
}

using DeadLetterColumns = decltype(WorkerCounters::dead_letter_columns);

void count_column(DeadLetterColumns& places, std::uint64_t reason, const BoundedText<64>& column,
                  std::uint64_t times) {
  for (DeadLetterColumn& place : places) {
    if (place.count == 0) place = {reason, column, 0};
    if (place.reason != reason || place.column.bytes != column.bytes) continue;
    place.count += times;
    return;
  }
}

void add(std::uint64_t& to, std::uint64_t from) { to += from; }
template <typename Number, std::size_t N>
void add(std::array<Number, N>& to, const std::array<Number, N>& from) {
  for (std::size_t i = 0; i < N; ++i) to[i] += from[i];
}
void add(FailedInsertsByKind& to, const FailedInsertsByKind& from) {
  for (const FailedInserts& failed : from)
    if (failed.count != 0) count_failed(to, failed.error_class, failed.code, failed.count);
}
void add(DeadLetterColumns& to, const DeadLetterColumns& from) {
  for (const DeadLetterColumn& letters : from)
    if (letters.count != 0) count_column(to, letters.reason, letters.column, letters.count);
}
template <typename Bounds>
void add(Histogram<Bounds>& to, const Histogram<Bounds>& from) {
  to.add(from);
}

}  // namespace

void WorkerCounters::count_failed_insert(std::uint64_t error_class, std::uint64_t code,
                                         std::uint64_t times) {
  count_failed(failed_inserts, error_class, code, times);
}

void WorkerCounters::count_dead_letter_column(Reason reason, std::string_view column) {
  BoundedText<64> name;
  name.set(column);
  count_column(dead_letter_columns, static_cast<std::uint64_t>(reason), name, 1);
}

void WorkerCounters::add(const WorkerCounters& other) {
  for_each_counter([&](const auto& counter) {
    event_consumer::add(this->*counter.member, other.*counter.member);
  });
}

std::uint64_t WorkerCounters::all_dead_lettered() const { return total_of(dead_lettered); }

std::uint64_t WorkerCounters::settled() const {
  std::uint64_t sum = 0;
  for_each_counter([&](const auto& counter) {
    if (counter.part == BalancePart::kVerdict) sum += total_of(this->*counter.member);
  });
  return sum;
}

}  // namespace event_consumer
