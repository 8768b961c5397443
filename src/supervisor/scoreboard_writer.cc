#include "supervisor/scoreboard_writer.h"

#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <utility>

namespace event_consumer {

ScoreboardWriter::ScoreboardWriter(Scoreboard board) : board_(std::move(board)) {
  record_.pid = getpid();
  record_.started_at_unix_seconds = std::time(nullptr);
}

void ScoreboardWriter::prepare(RowAddress address, std::uint64_t generation, TimePoint now) {
  WorkerRecord fresh{};
  const SlotView before = view_slot(board_.slot(address.slot));
  fresh.last_error = before.last_error;
  fresh.last_error_at = before.last_error_at;
  fresh.last_error_over_at = before.last_error_over_at;
  fresh.life = ++lives_;
  fresh.generation = generation;
  fresh.heartbeat_at = fresh.state_since = to_monotonic_time(now);
  fresh.state = WorkerState::kStarting;
  board_.row(address).record.publish(fresh);
  record_.slots = std::max<std::uint64_t>(record_.slots, static_cast<std::uint64_t>(address.slot));
  publish(now);
}

std::optional<std::uint64_t> ScoreboardWriter::close(RowAddress address, bool ended_well,
                                                     TimePoint now) {
  WorkerRow& row = board_.row(address);
  const WorkerRecord last = row.record.read();
  DepartedRecord& departed = departed_[address.slot];
  departed.counters.add(last.counters);
  departed.counters.returned += last.in_hand;
  departed.lives[static_cast<std::size_t>(address.row)] = last.life;
  board_.slot(address.slot).departed.publish(departed);

  const auto encoding = row.encoding.fingerprint();
  row.encoding.end();
  if (!encoding || ended_well) return std::nullopt;
  const std::uint64_t deaths = delivery_deaths_.count(*encoding, now);
  board_.delivery_deaths().publish(delivery_deaths_);
  return deaths;
}

void ScoreboardWriter::count_restart(int slot) {
  DepartedRecord& departed = departed_[slot];
  ++departed.restarts;
  board_.slot(slot).departed.publish(departed);
}

void ScoreboardWriter::count_death(int slot, DeathCause cause, int faults_in_a_row) {
  ++record_.deaths[static_cast<std::size_t>(cause)];
  DepartedRecord& departed = departed_[slot];
  departed.faults_in_a_row = static_cast<std::uint64_t>(faults_in_a_row);
  board_.slot(slot).departed.publish(departed);
}

TimePoint ScoreboardWriter::heartbeat(RowAddress address) const {
  return TimePoint(std::chrono::nanoseconds(board_.row(address).record.read().heartbeat_at));
}

void ScoreboardWriter::publish(TimePoint now) {
  record_.heartbeat_at = to_monotonic_time(now);
  board_.supervisor().publish(record_);
  if (delivery_deaths_.forget_old(now)) board_.delivery_deaths().publish(delivery_deaths_);
}

}  // namespace event_consumer
