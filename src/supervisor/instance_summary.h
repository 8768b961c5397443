// InstanceSummary: what the scoreboard says of the whole instance, and the line made of it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "common/clock.h"
#include "common/scoreboard/scoreboard.h"

namespace event_consumer {

struct InstanceSummary {
  std::uint64_t workers = 0;
  std::uint64_t consuming = 0;
  std::uint64_t storing = 0;  // of those that consume: whose latest insert did not fail
  bool paused = false;
  WorkerCounters counters{};
  std::uint64_t in_hand = 0;
  MonotonicTime oldest_taken_at = 0;  // of the deliveries in hand; 0: there are none
  MonotonicTime last_insert_at = 0;
  QueueCount queue{};  // as counted last by any worker
  std::uint64_t dead_letter_queue_messages = 0;
  Deduplication deduplication = Deduplication::kUnknown;
  StoredIn stored_in{};
  std::string doubling;
  std::string unknown_key_names;
  std::string clickhouse_version;
  std::string rabbitmq_version;
  // «host:port», that workers use; several with commas between them, in the order of the alphabet.
  std::string clickhouse_hosts;
  std::string rabbitmq_hosts;
  std::string clickhouse_host_reason;  // why the host in use is, by the word of a worker
  // By Peer, of all workers: when the first certificate expires, as Unix time; 0: there is none.
  std::array<std::int64_t, kPeerWords.size()> certificates_until{};
  // What is wrong: of a worker whose inserts fail, else of one that does not consume.
  std::string trouble;
};

InstanceSummary summarise(const Scoreboard& board);

// How the source queue was counted, if it was in the last 30 s: what was counted longer ago tells
// nothing, for the worker that did is gone, or has lost its link.
std::optional<QueueCount> recent_count(const InstanceSummary& summary, TimePoint now);

// «2/2 consuming, 12.3k events/s, last insert 0.4 s ago», or what is wrong.
std::string status_line(const InstanceSummary& summary, double events_per_second, TimePoint now);

// «received 3 = inserted 2 + …» (balance_line.h), and whether it is true.
std::string balance_line(const InstanceSummary& summary);
bool balance_holds(const InstanceSummary& summary);

// The same of one worker, for the log: state, for how long, counters, last error.
std::string worker_line(int slot, const SlotView& view, TimePoint now);

}  // namespace event_consumer
