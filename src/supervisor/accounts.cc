#include "supervisor/accounts.h"

#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <utility>

namespace event_consumer {

Accounts::Accounts(Scoreboard board) : board_(std::move(board)) {
  record_.pid = getpid();
  record_.started_at_unix_seconds = std::time(nullptr);
}

void Accounts::prepare(RowAddress address, TimePoint now) {
  WorkerRecord fresh{};
  fresh.life = ++lives_;
  fresh.heartbeat_at = fresh.state_since = to_board_time(now);
  fresh.state = WorkerState::kStarting;
  board_.row(address).record.publish(fresh);
  record_.slots = std::max<std::uint64_t>(record_.slots, static_cast<std::uint64_t>(address.slot));
  publish(now);
}

std::optional<std::uint64_t> Accounts::close(RowAddress address, bool ended_well) {
  WorkerRow& row = board_.row(address);
  const WorkerRecord last = row.record.read();
  DepartedRecord& departed = departed_[address.slot];
  departed.counters.add(last.counters);
  departed.counters.returned += last.in_hand;
  departed.lives[static_cast<std::size_t>(address.row)] = last.life;
  board_.slot(address.slot).departed.publish(departed);

  const auto encoding = row.note.encoding();
  // First taken back, then counted: a worker that adds both up must not see it twice.
  row.note.end();
  if (!encoding || ended_well) return std::nullopt;
  const std::uint64_t deaths = suspects_.count_death(*encoding);
  board_.suspects().publish(suspects_);
  return deaths;
}

void Accounts::count_restart(int slot) {
  DepartedRecord& departed = departed_[slot];
  ++departed.restarts;
  board_.slot(slot).departed.publish(departed);
}

TimePoint Accounts::heartbeat(RowAddress address) const {
  return TimePoint(std::chrono::nanoseconds(board_.row(address).record.read().heartbeat_at));
}

WorkerCounters Accounts::counters() const {
  WorkerCounters sum{};
  for (int slot = 1; slot <= static_cast<int>(record_.slots); ++slot)
    sum.add(view_slot(board_.slot(slot)).counters);
  return sum;
}

std::uint64_t Accounts::in_hand() const {
  std::uint64_t sum = 0;
  for (int slot = 1; slot <= static_cast<int>(record_.slots); ++slot)
    sum += view_slot(board_.slot(slot)).in_hand;
  return sum;
}

void Accounts::publish(TimePoint now) {
  record_.heartbeat_at = to_board_time(now);
  board_.supervisor().publish(record_);
}

}  // namespace event_consumer
