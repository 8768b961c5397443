#include "worker/loop/worker_status.h"

#include <unistd.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace event_consumer {

Result<WorkerStatus> WorkerStatus::open(const CommandLine& command_line) {
  auto board = command_line.scoreboard_fd >= 0 ? Scoreboard::attach(command_line.scoreboard_fd)
                                               : Scoreboard::without_sharing();
  if (!board) return board.error();
  const int slot = command_line.worker_slot > 0 ? command_line.worker_slot : 1;
  return WorkerStatus(std::move(*board), {slot, command_line.worker_row});
}

WorkerStatus::WorkerStatus(Scoreboard board, RowAddress address)
    : board_(std::move(board)), address_(address), record_(board_.row(address).record.read()) {
  // The supervisor has prepared the row; what it cannot know before there is a process is its pid.
  record_.pid = getpid();
  record_.event_lag_seconds = std::numeric_limits<double>::quiet_NaN();
}

void WorkerStatus::set_state(WorkerState state, std::string_view reason, TimePoint now) {
  if (record_.state != state) record_.state_since = to_monotonic_time(now);
  record_.state = state;
  record_.reason.set(reason);
}

void WorkerStatus::set_last_error(std::string_view message, TimePoint now) {
  record_.last_error.set(message);
  record_.last_error_at = to_monotonic_time(now);
  record_.last_error_over_at = 0;
}

void WorkerStatus::set_error_over(TimePoint now) {
  if (!record_.last_error.empty() && record_.last_error_over_at < record_.last_error_at)
    record_.last_error_over_at = to_monotonic_time(now);
}

StoredByOthers WorkerStatus::stored_by_others() const {
  StoredByOthers latest;
  const auto slots = static_cast<int>(board_.supervisor().read().slots);
  for (int slot = 1; slot <= slots; ++slot)
    for (int row = 0; row < 2; ++row) {
      if (slot == address_.slot && row == address_.row) continue;
      const WorkerRecord other = board_.row({slot, row}).record.read();
      if (other.generation != record_.generation ||
          other.clickhouse_host.bytes != record_.clickhouse_host.bytes)
        continue;
      latest.insert_posted_at = std::max(latest.insert_posted_at, other.last_insert_posted_at);
      latest.run_posted_at = std::max(latest.run_posted_at, other.last_run_posted_at);
    }
  return latest;
}

void WorkerStatus::set_clickhouse(const ServerReport& server) {
  // An outcome of a server that was not reached tells nothing of it.
  if (server.version.empty()) return;
  record_.clickhouse_version.set(server.version);
  record_.deduplication = server.deduplicates ? Deduplication::kYes : Deduplication::kNo;
  record_.stored_in = server.stored_in;
  record_.doubling.set(server.doubling);
  record_.clickhouse_host.set(server.host);
  record_.clickhouse_host_reason.set(server.host_reason);
  record_.certificates_until[static_cast<std::size_t>(Peer::kClickhouse)] =
      server.certificates_until;
}

bool WorkerStatus::note_end(std::string_view message, TimePoint now) {
  const auto before = record_.last_error.str();
  set_last_error(message, now);
  publish(now);
  return view_slot(board_.slot(address_.slot)).faults_in_a_row < kCrashLoop ||
         record_.last_error.str() != before;
}

void WorkerStatus::publish(TimePoint now) {
  record_.heartbeat_at = to_monotonic_time(now);
  board_.row(address_).record.publish(record_);
}

}  // namespace event_consumer
