// WorkerRecord: what one worker process tells of itself. A plain value; how it gets from process to
// process is the scoreboard's business. Everything counts from the start of the process.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/reason.h"
#include "common/scoreboard/durability.h"
#include "common/scoreboard/histogram.h"

namespace event_consumer {

// A time of the monotonic clock, which all processes of a host share, in nanoseconds; 0: never.
using MonotonicTime = std::int64_t;
inline MonotonicTime to_monotonic_time(TimePoint time) {
  return std::chrono::nanoseconds(time.time_since_epoch()).count();
}
// 0 for what another process has done since somebody looked at the clock.
inline double seconds_since(MonotonicTime time, TimePoint now) {
  return time >= to_monotonic_time(now) ? 0
                                        : static_cast<double>(to_monotonic_time(now) - time) / 1e9;
}

// Text of bounded length, cut at a character when it is longer, closed by a NUL.
template <std::size_t Size>
struct BoundedText {
  std::array<char, Size> bytes;

  void set(std::string_view text) {
    std::size_t length = text.size() < Size ? text.size() : Size - 1;
    // Not in the middle of a character of UTF-8.
    if (length < text.size())
      while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) --length;
    bytes.fill('\0');
    text.copy(bytes.data(), length);
  }
  std::string str() const { return bytes.data(); }
  bool empty() const { return bytes[0] == '\0'; }
};

// The order is that of a worker's life; the words are those of status and metrics.
enum class WorkerState : std::uint64_t {
  kNone,        // there was never a process
  kStarting,    // asks ClickHouse for the table
  kConnecting,  // has no link to the broker
  kConsuming,   // takes deliveries
  kHolding,     // takes none for now; WorkerRecord::reason says why
  kDraining,    // was asked to stop: stores and acknowledges what it has
};
constexpr std::array<std::string_view, 6> kWorkerStateWords = {
    "none", "starting", "connecting", "consuming", "holding", "draining"};
constexpr std::string_view word(WorkerState state) {
  return kWorkerStateWords[static_cast<std::size_t>(state)];
}

// Why a batch was sealed.
enum class FlushReason : std::uint64_t {
  kRows,    // it had --batch-rows rows
  kBytes,   // it had --batch-bytes bytes
  kAge,     // its oldest row was --batch-delay old
  kWindow,  // the prefetch window was full: nothing more could have come
  kFormat,  // the next row has other columns
  kStop,    // the worker was asked to stop
};
inline constexpr std::array<std::string_view, 6> kFlushReasonWords = {"rows",   "bytes",  "age",
                                                                      "window", "format", "stop"};

enum class Peer : std::uint64_t { kRabbitmq, kClickhouse };
inline constexpr std::array<std::string_view, 2> kPeerWords = {"rabbitmq", "clickhouse"};

constexpr std::array<std::string_view, 4> kErrorClassWords = {"transient", "data", "configuration",
                                                              "unclear"};

// How often inserts failed in one way.
struct FailedInserts {
  std::uint64_t error_class;  // index of kErrorClassWords
  std::uint64_t code;         // ClickHouse's exception code, 0 when there was none
  std::uint64_t count;        // 0: this one is free
};

// How many messages were dead-lettered for one reason over one column of the table.
struct DeadLetterColumn {
  std::uint64_t reason;    // of Reason
  BoundedText<64> column;  // its name
  std::uint64_t count;     // 0: this place is free
};

// What the main thread of a worker spends its time on.
enum class Activity : std::uint64_t {
  kEncoding,              // reads deliveries and makes rows of them
  kWaitingForRabbitmq,    // for deliveries, a link, a confirm; also when there is nothing to do
  kWaitingForClickhouse,  // which has to store something before more may be taken
};
inline constexpr std::array<std::string_view, 3> kActivityWords = {
    "encoding", "waiting_for_rabbitmq", "waiting_for_clickhouse"};

struct WorkerCounters {
  std::uint64_t received;
  std::uint64_t redelivered;  // of those received
  std::uint64_t received_bytes;
  std::uint64_t unknown_keys;  // of events, that are no column

  // The verdicts. received = their sum + in hand.
  std::uint64_t inserted;
  std::array<std::uint64_t, kReasonCount> dead_lettered;
  // Of these, the first pairs of reason and column; what finds no place counts for no column.
  std::array<DeadLetterColumn, 16> dead_letter_columns;
  std::uint64_t rejected;    // left to the broker's own dead-letter policy
  std::uint64_t recognised;  // copies of stored ones
  std::uint64_t returned;

  std::uint64_t inserted_rows;   // several of a message with several events
  std::uint64_t inserted_bytes;  // of the rows as they were posted
  std::array<std::uint64_t, kFlushReasonWords.size()> batches;
  Histogram<InsertSecondsBounds> insert_seconds;
  Histogram<BatchRowsBounds> batch_rows;
  // From the publishing of a message to the answer that it is stored.
  Histogram<StoredAfterBounds> stored_after_seconds;
  // The last one stands for all that found no place.
  std::array<FailedInserts, 12> failed_inserts;
  std::array<std::uint64_t, kPeerWords.size()> reconnects;
  // Posted again although they may be stored, where a repetition is not noticed.
  std::uint64_t possibly_doubled_rows;
  std::array<double, kActivityWords.size()> spent_seconds;  // by Activity

  void count_failed_insert(std::uint64_t error_class, std::uint64_t code, std::uint64_t times = 1);
  // One more that was dead-lettered over this column.
  void count_dead_letter_column(Reason reason, std::string_view column);
  void add(const WorkerCounters& other);
  std::uint64_t all_dead_lettered() const;
  // The sum of all verdicts.
  std::uint64_t settled() const;
};

// The answer to «would a repeated insert be noticed?».
enum class Deduplication : std::uint64_t { kUnknown, kYes, kNo };

// The source queue as the broker has counted it.
struct QueueCount {
  std::uint64_t messages;  // ready for delivery
  std::uint64_t consumers;
  double empty_in_seconds;   // if it goes on as in the last minute; NaN: it does not become empty
  MonotonicTime counted_at;  // 0: never over the present link
};

struct WorkerRecord {
  // The process; 0 when there was none. `life` is different for each process of a slot.
  std::int64_t pid;
  std::uint64_t life;
  std::uint64_t generation;  // of its options: all workers of one generation have the same
  MonotonicTime heartbeat_at;

  WorkerState state;
  MonotonicTime state_since;
  BoundedText<160> reason;  // why it holds or cannot connect; empty when there is none to give

  std::uint64_t in_hand;         // deliveries without a verdict, counted in the delivery window
  std::uint64_t unacknowledged;  // what the broker counts against the prefetch
  std::uint64_t held_bytes;
  std::uint64_t filling_rows;     // of the batch being filled
  MonotonicTime oldest_taken_at;  // of the deliveries in hand
  MonotonicTime last_taken_at;    // the latest delivery

  MonotonicTime inserting_since;        // 0 while no post is under way
  MonotonicTime last_insert_at;         // that was stored
  MonotonicTime last_insert_posted_at;  // when the post of that began
  MonotonicTime last_run_posted_at;     // likewise the first of a run, see StoredRuns
  std::uint64_t insert_failing;         // 1 when the latest insert failed
  double event_lag_seconds;  // of the event taken last: now − its timestamp; NaN: unknown
  QueueCount queue;
  std::uint64_t dead_letter_queue_messages;
  Deduplication deduplication;
  StoredIn stored_in;         // where the rows of an answered insert are
  BoundedText<192> doubling;  // the tables behind views that would have a repeated insert twice
  BoundedText<192> unknown_key_names;  // the first of them

  BoundedText<256> last_error;
  MonotonicTime last_error_at;
  MonotonicTime last_error_over_at;  // since when the worker moves events again; 0: it does not
  BoundedText<32> clickhouse_version;
  BoundedText<64> rabbitmq_version;
  BoundedText<128> clickhouse_host;         // «host:port», in use
  BoundedText<192> clickhouse_host_reason;  // why that one; empty where that needs no reason
  BoundedText<128> rabbitmq_host;
  // By Peer: when the first certificate expires that the connection hangs on, as Unix time; 0:
  // without TLS, or none was seen yet.
  std::array<std::int64_t, kPeerWords.size()> certificates_until;

  WorkerCounters counters;
};

}  // namespace event_consumer
