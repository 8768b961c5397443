// The part of the fleet that changes it: replacing workers, adding and removing them, pausing them.
#include <algorithm>
#include <csignal>
#include <utility>

#include "common/log.h"
#include "common/options.h"
#include "supervisor/fleet.h"
#include "supervisor/in_words.h"

namespace event_consumer {

// The worker that is to stay in the slot.
Worker* Fleet::regular(int slot) {
  for (Worker& worker : workers_)
    if (worker.slot.number() == slot && worker.slot.state() != SlotState::kStopping &&
        worker.slot.state() != SlotState::kStopped)
      return &worker;
  return nullptr;
}

bool Fleet::is_leaving(int slot) const {
  return std::any_of(workers_.begin(), workers_.end(), [&](const Worker& worker) {
    return worker.slot.number() == slot && worker.slot.state() == SlotState::kStopping;
  });
}

void Fleet::reload(const SupervisorConfig& config, TimePoint now) {
  if (!previous_) previous_ = Plan{program_, wanted_};
  program_.path = config.worker_path;
  program_.environment = config.worker_environment;
  start_timeout_ = config.start_timeout;
  worker_timeout_ = config.worker_timeout;
  rollout_.set_patience(config.start_timeout);
  const int replaced = std::min(wanted_, config.workers);
  resize(config.workers, now);
  rollout_.begin(replaced);
}

void Fleet::resize(int workers, TimePoint now) {
  while (wanted_ < workers) {
    ++wanted_;
    // A predecessor that is still leaving has one of the two rows.
    int row = 0;
    for (const Worker& worker : workers_)
      if (worker.slot.number() == wanted_ && worker.address().row == 0) row = 1;
    workers_.emplace_back(RowAddress{wanted_, row}, now);
  }
  for (; wanted_ > workers; --wanted_)
    if (Worker* surplus = regular(wanted_)) let_go(*surplus);
  forget_stopped();
  accounts_.record().workers = static_cast<std::uint64_t>(wanted_);
}

void Fleet::add_one(TimePoint now) {
  if (wanted_ == kMostWorkers) return log::warn("{} workers are the most", kMostWorkers);
  if (is_leaving(wanted_ + 1))
    return log::warn("worker {} is still leaving: no other is started in its place yet",
                     wanted_ + 1);
  resize(wanted_ + 1, now);
  log::info("one worker more: {}", wanted_);
}

void Fleet::remove_one() {
  if (wanted_ == 1) return log::warn("the last worker stays; SIGTERM stops the service");
  log::info("one worker fewer: {}", wanted_ - 1);
  resize(wanted_ - 1, Clock::now());
}

void Fleet::pause() {
  accounts_.record().paused = 1;
  accounts_.publish(Clock::now());
  for (const Worker& worker : workers_)
    if (worker.slot.has_process()) kill(worker.slot.pid(), SIGTSTP);
  if (replacement_) kill(replacement_->slot.pid(), SIGTSTP);
}

void Fleet::resume() {
  accounts_.record().paused = 0;
  accounts_.publish(Clock::now());
  for (const Worker& worker : workers_)
    if (worker.slot.has_process()) kill(worker.slot.pid(), SIGCONT);
  if (replacement_) kill(replacement_->slot.pid(), SIGCONT);
}

// One replacement at a time: it consumes before its predecessor is let go.
void Fleet::roll(TimePoint now) {
  if (replacement_) {
    if (now < *rollout_.give_up_at()) return;
    kill(replacement_->slot.pid(), SIGKILL);
    replacement_->killed = true;
    return;
  }
  while (const auto slot = rollout_.next()) {
    // Both rows of the slot are taken while its last predecessor drains.
    if (is_leaving(*slot) || !rollout_.start_next(now)) return;
    Worker* present = regular(*slot);
    if (present != nullptr && present->slot.has_process()) {
      const int other_row = 1 - present->address().row;
      replacement_.emplace(RowAddress{*slot, other_row}, now);
      accounts_.prepare(replacement_->address(), now);
      Result<pid_t> pid = replacement_->start(program_);
      if (!pid) return replacement_failed(pid.error().message, now);
      return log::info("worker {}: its replacement started as process {}", *slot, pid.value());
    }
    // Nothing runs that would have to go on meanwhile.
    if (present != nullptr) present->slot.start_now(now);
    rollout_.succeeded();
  }
  if (rollout_.idle() && previous_) {
    previous_.reset();
    log::info("reloaded: {} workers run with the options as they are now", wanted_);
  }
}

void Fleet::promote(TimePoint now) {
  start_watch_.consumed();
  rollout_.succeeded();
  const int slot = replacement_->slot.number();
  log::info("{}: consumes, {:.1f} s after its start, and takes over", replacement_->name(),
            in_seconds(replacement_->slot.lived(now)));
  Worker* predecessor = regular(slot);
  workers_.push_back(*std::exchange(replacement_, std::nullopt));
  // It may have been removed while its replacement started.
  if (slot > wanted_) let_go(workers_.back());
  if (predecessor != nullptr) let_go(*predecessor);
  forget_stopped();
}

void Fleet::replacement_failed(const std::string& why, TimePoint now) {
  const int slot = replacement_->slot.number();
  const bool late = replacement_->killed;
  const bool reloading = previous_.has_value();
  replacement_.reset();
  rollout_.failed(now, /*again=*/!reloading);
  const std::string reason = late ? fmt::format("did not consume within {:.1f} s (--start-timeout)",
                                                in_seconds(start_timeout_))
                                  : why;
  if (!reloading)
    return log::error(
        "the replacement of worker {} failed: {}; the worker goes on, another try in "
        "{} s",
        slot, reason, Rollout::kPauseAfterFailure.count());
  program_ = previous_->program;
  const int workers = previous_->workers;
  previous_.reset();
  ++accounts_.record().failed_reloads;
  resize(workers, now);
  log::error(
      "the reload failed at worker {}: {}; all that were not replaced yet go on with the "
      "options of before, see the lines of the new worker above",
      slot, reason);
}

}  // namespace event_consumer
