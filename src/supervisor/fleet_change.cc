// The part of the fleet that changes it: replacing workers, adding and removing them, pausing them.
#include <algorithm>
#include <array>
#include <csignal>
#include <utility>

#include "common/log.h"
#include "common/options.h"
#include "supervisor/fleet.h"
#include "supervisor/format.h"

namespace event_consumer {

// The worker that is to stay in the slot.
WorkerProcess* Fleet::regular(int slot) {
  for (WorkerProcess& worker : workers_)
    if (worker.slot.number() == slot && worker.is_to_stay()) return &worker;
  return nullptr;
}

std::optional<int> Fleet::free_row(int slot) const {
  std::array<bool, 2> taken{};
  const auto look_at = [&](const WorkerProcess& worker) {
    if (worker.slot.number() == slot && worker.slot.has_process())
      taken[static_cast<std::size_t>(worker.address().row)] = true;
  };
  for (const WorkerProcess& worker : workers_) look_at(worker);
  if (replacement_) look_at(*replacement_);
  for (int row = 0; row < 2; ++row)
    if (!taken[static_cast<std::size_t>(row)]) return row;
  return std::nullopt;
}

void Fleet::reload(const SupervisorConfig& config, TimePoint now) {
  if (!previous_) previous_ = plan_;
  const int replaced = std::min(plan_.workers, config.workers);
  plan_.program.path = config.worker_path;
  plan_.program.environment = config.worker_environment;
  plan_.start_timeout = config.start_timeout;
  plan_.worker_timeout = config.worker_timeout;
  rollout_.set_patience(config.start_timeout);
  resize(config.workers, now);
  rollout_.begin(replaced);
}

void Fleet::return_to(const Plan& plan, TimePoint now) {
  const int workers = plan.workers;
  plan_ = {plan.program, plan.start_timeout, plan.worker_timeout, plan_.workers};
  rollout_.set_patience(plan_.start_timeout);
  resize(workers, now);
  for (const WorkerProcess& worker : workers_)
    if (worker.asks_for_recycling && worker.is_to_stay()) rollout_.add(worker.slot.number());
}

void Fleet::resize(int workers, TimePoint now) {
  while (plan_.workers < workers) workers_.emplace_back(++plan_.workers, now);
  for (; plan_.workers > workers; --plan_.workers)
    if (WorkerProcess* surplus = regular(plan_.workers)) let_go(*surplus);
  forget_stopped();
  scoreboard_writer_.record().workers = static_cast<std::uint64_t>(plan_.workers);
}

void Fleet::add_one(TimePoint now) {
  if (plan_.workers == kMostWorkers) return log::warn("{} workers are the most", kMostWorkers);
  resize(plan_.workers + 1, now);
  log::info("one worker more: {}", plan_.workers);
}

void Fleet::remove_one() {
  if (plan_.workers == 1) return log::warn("the last worker stays; SIGTERM stops the service");
  log::info("one worker fewer: {}", plan_.workers - 1);
  resize(plan_.workers - 1, Clock::now());
}

void Fleet::pause() {
  scoreboard_writer_.record().paused = 1;
  scoreboard_writer_.publish(Clock::now());
  for (const WorkerProcess& worker : workers_)
    if (worker.slot.has_process()) kill(worker.slot.pid(), SIGTSTP);
  if (replacement_) kill(replacement_->slot.pid(), SIGTSTP);
}

void Fleet::resume() {
  scoreboard_writer_.record().paused = 0;
  scoreboard_writer_.publish(Clock::now());
  for (const WorkerProcess& worker : workers_)
    if (worker.slot.has_process()) kill(worker.slot.pid(), SIGCONT);
  if (replacement_) kill(replacement_->slot.pid(), SIGCONT);
}

// One replacement at a time: it consumes before its predecessor is let go.
void Fleet::roll(TimePoint now) {
  if (replacement_) {
    if (replacement_->killed || now < *rollout_.give_up_at()) return;
    kill(replacement_->slot.pid(), SIGKILL);
    replacement_->killed = true;
    return;
  }
  while (const auto slot = rollout_.next()) {
    if (!free_row(*slot) || !rollout_.start_next(now)) return;
    WorkerProcess* present = regular(*slot);
    if (present != nullptr && present->slot.has_process()) return start_replacement(*slot, now);
    // Nothing runs that would have to go on meanwhile.
    if (present != nullptr) present->slot.start_now(now);
    rollout_.succeeded();
  }
  if (rollout_.idle() && previous_) {
    previous_.reset();
    log::info("reloaded: {} run with the options as they are now", count_of_workers(size()));
  }
}

std::optional<TimePoint> Fleet::roll_deadline() const {
  if (replacement_) return replacement_->killed ? std::nullopt : rollout_.give_up_at();
  // The end of a predecessor wakes us.
  if (rollout_.next() && !free_row(*rollout_.next())) return std::nullopt;
  return rollout_.deadline();
}

void Fleet::start_replacement(int slot, TimePoint now) {
  replacement_.emplace(slot, now);
  const int row = *free_row(slot);
  scoreboard_writer_.prepare({slot, row}, now);
  Result<pid_t> pid = replacement_->start(plan_.program, row);
  if (!pid) return replacement_failed({Death::Kind::kNotStarted, 0}, pid.error().message, now);
  log::info("worker {}: its replacement started as process {}", slot, pid.value());
}

void Fleet::promote(TimePoint now) {
  start_watch_.consumed();
  rollout_.succeeded();
  const int slot = replacement_->slot.number();
  log::info("{}: consumes, {:.1f} s after its start, and takes over", replacement_->name(),
            in_seconds(replacement_->slot.lived(now)));
  WorkerProcess* predecessor = regular(slot);
  workers_.push_back(*std::exchange(replacement_, std::nullopt));
  // It may have been removed while its replacement started.
  if (slot > plan_.workers) let_go(workers_.back());
  if (predecessor != nullptr) let_go(*predecessor);
  forget_stopped();
}

void Fleet::replacement_failed(const Death& death, const std::string& what, TimePoint now) {
  const int slot = replacement_->slot.number();
  const bool late = replacement_->killed && !replacement_->aborted_at;
  note_suspect(*replacement_, /*ended_well=*/false);
  ++scoreboard_writer_.record().deaths[static_cast<std::size_t>(cause_of(*replacement_, death))];
  replacement_.reset();
  rollout_.failed(now, /*again=*/!previous_);
  const std::string reason = late ? fmt::format("did not consume within {:.1f} s (--start-timeout)",
                                                in_seconds(plan_.start_timeout))
                                  : what;
  if (!previous_)
    return log::error(
        "the replacement of worker {} failed: {}; the worker goes on, another try in "
        "{} s",
        slot, reason, Rollout::kPauseAfterFailure.count());
  ++scoreboard_writer_.record().failed_reloads;
  return_to(*std::exchange(previous_, std::nullopt), now);
  log::error(
      "the reload failed at worker {}: {}; all that were not replaced yet go on with the "
      "options of before, see the lines of the new worker above",
      slot, reason);
}

}  // namespace event_consumer
