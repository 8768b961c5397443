// The table of the counters: one row for each member of WorkerCounters. It feeds the adding up,
// /metrics, /status, the balance and the test of the documentation, so that a new counter is a
// member, a row here, and a line in event-consumer-metrics(7). The names are those that operators
// script against: they never change.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "common/scoreboard/worker_record.h"

namespace event_consumer {

// The part of a counter in the balance: received = all verdicts + in hand.
enum class BalancePart {
  kNone,
  kReceived,
  kVerdict,
};

// `Value` is a number, an array of numbers by word, a Histogram, or an array of FailedInserts or of
// DeadLetterColumn.
template <typename Value>
struct Counter {
  const char* metric;
  const char* help;
  Value WorkerCounters::*member;
  const char* status_key = nullptr;  // of the total in /status; nullptr: it does not stand there
  BalancePart part = BalancePart::kNone;
  // Of an array by word: the label in /metrics, and its words.
  const char* label = nullptr;
  const std::string_view* words = nullptr;
};
template <typename Value, typename... Rest>
Counter(const char*, const char*, Value WorkerCounters::*, Rest...) -> Counter<Value>;

// In the order of /metrics. /status shows those of the balance first.
inline constexpr std::tuple kCounterTable{
    Counter{"event_consumer_events_received_total", "Deliveries taken from the queue.",
            &WorkerCounters::received, "received", BalancePart::kReceived},
    Counter{"event_consumer_received_bytes_total", "Bytes of their bodies.",
            &WorkerCounters::received_bytes},
    Counter{"event_consumer_unknown_keys_total",
            "Keys of events that no column of the table takes.", &WorkerCounters::unknown_keys,
            "unknown_keys"},
    Counter{"event_consumer_events_redelivered_total",
            "Deliveries that the broker had marked as redelivered.", &WorkerCounters::redelivered,
            "redelivered"},
    Counter{"event_consumer_events_inserted_total", "Messages that ClickHouse has stored.",
            &WorkerCounters::inserted, "inserted", BalancePart::kVerdict},
    Counter{"event_consumer_inserted_rows_total",
            "Rows that ClickHouse has stored: one for each event of a message.",
            &WorkerCounters::inserted_rows, "inserted_rows"},
    Counter{"event_consumer_inserted_bytes_total", "Bytes of their rows as they were posted.",
            &WorkerCounters::inserted_bytes},
    Counter{"event_consumer_events_dead_lettered_total",
            "Messages that the dead-letter queue confirmed.", &WorkerCounters::dead_lettered,
            "dead_lettered", BalancePart::kVerdict, "reason", kReasonSlugs.data()},
    Counter{"event_consumer_dead_letter_columns_total",
            "Of these, by the column of the table that they were refused for.",
            &WorkerCounters::dead_letter_columns},
    Counter{"event_consumer_events_rejected_total",
            "Messages left to the dead-letter policy of the queue.", &WorkerCounters::rejected,
            "rejected", BalancePart::kVerdict},
    Counter{"event_consumer_events_recognised_total",
            "Redelivered copies of events that were stored already.", &WorkerCounters::recognised,
            "recognised", BalancePart::kVerdict},
    Counter{"event_consumer_events_returned_total",
            "Deliveries that went back to the queue: given back, or lost with a link or a process.",
            &WorkerCounters::returned, "returned", BalancePart::kVerdict},
    Counter{"event_consumer_batches_total", "Batches by what sealed them.",
            &WorkerCounters::batches, nullptr, BalancePart::kNone, "reason",
            kFlushReasonWords.data()},
    Counter{"event_consumer_reconnects_total", "Links that were lost and made anew.",
            &WorkerCounters::reconnects, nullptr, BalancePart::kNone, "peer", kPeerWords.data()},
    Counter{"event_consumer_failed_inserts_total",
            "Inserts that failed, by class and by ClickHouse's code (0: no answer or none "
            "with a code).",
            &WorkerCounters::failed_inserts},
    Counter{"event_consumer_possibly_doubled_rows_total",
            "Rows of inserts that ended without a word of ClickHouse, where a repeated insert "
            "would not be noticed.",
            &WorkerCounters::possibly_doubled_rows},
    Counter{"event_consumer_insert_duration_seconds",
            "From posting a batch to ClickHouse's word that it is stored.",
            &WorkerCounters::insert_seconds},
    Counter{"event_consumer_batch_rows", "Rows of the batches stored.",
            &WorkerCounters::batch_rows},
    Counter{"event_consumer_stored_after_seconds",
            "From the publishing of a message to ClickHouse's word that it is stored.",
            &WorkerCounters::stored_after_seconds},
    Counter{"event_consumer_worker_seconds_total",
            "Seconds that the main thread of a worker has spent on what.",
            &WorkerCounters::spent_seconds, nullptr, BalancePart::kNone, "activity",
            kActivityWords.data()},
};

// Calls `visit` with each row of the table, in its order.
template <typename Visit>
constexpr void for_each_counter(const Visit& visit) {
  std::apply([&](const auto&... counter) { (visit(counter), ...); }, kCounterTable);
}

// What a counter has counted in all.
inline std::uint64_t total_of(std::uint64_t count) { return count; }
template <typename Number, std::size_t N>
std::enable_if_t<std::is_arithmetic_v<Number>, Number> total_of(
    const std::array<Number, N>& by_word) {
  return std::accumulate(by_word.begin(), by_word.end(), Number{0});
}
// Of FailedInserts or DeadLetterColumn.
template <typename Place, std::size_t N>
std::enable_if_t<!std::is_arithmetic_v<Place>, std::uint64_t> total_of(
    const std::array<Place, N>& places) {
  std::uint64_t total = 0;
  for (const Place& place : places) total += place.count;
  return total;
}
template <typename Bounds>
std::uint64_t total_of(const Histogram<Bounds>& histogram) {
  return histogram.count();
}

}  // namespace event_consumer
