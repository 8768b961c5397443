#include "supervisor/fleet.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "common/log.h"
#include "supervisor/format.h"

namespace event_consumer {

namespace {

// From SIGABRT to SIGKILL: a worker that is stopped (SIGSTOP) cannot take the first.
constexpr std::chrono::seconds kAbortPatience{5};

// The supervisor looks every five seconds. When it has not for so long, it stood still itself (a
// container that was paused, a machine that slept), and the workers may have too.
constexpr std::chrono::seconds kStoodStill{10};

WorkerProgram program_of(const SupervisorConfig& config, const sigset_t& signal_mask,
                         const ScoreboardWriter& accounts) {
  return {config.worker_path, config.worker_environment, signal_mask, accounts.board().fd()};
}

}  // namespace

Fleet::Fleet(const SupervisorConfig& config, const sigset_t& signal_mask,
             ScoreboardWriter& accounts)
    : scoreboard_writer_(accounts),
      plan_{program_of(config, signal_mask, accounts), config.start_timeout, config.worker_timeout,
            0},
      rollout_(config.start_timeout),
      watched_since_(Clock::now()),
      looked_at_(watched_since_),
      start_watch_(watched_since_, config.start_timeout) {
  resize(config.workers, watched_since_);
}

void Fleet::act(TimePoint now) {
  if (stopping_) return;
  watch(now);
  for (WorkerProcess& worker : workers_) {
    if (!worker.slot.start_at() || *worker.slot.start_at() > now) continue;
    if (const auto row = free_row(worker.slot.number())) start(worker, *row, now);
  }
  roll(now);
}

std::optional<TimePoint> Fleet::deadline() const {
  if (stopping_) return std::nullopt;
  auto next = earliest(start_watch_.deadline(), roll_deadline());
  const auto add = [&](const WorkerProcess& worker) {
    if (worker.slot.has_process()) {
      if (!worker.killed) next = earliest(next, hangs_at(worker));
    } else if (worker.slot.start_at() && free_row(worker.slot.number())) {
      next = earliest(next, worker.slot.start_at());
    }
  };
  for (const WorkerProcess& worker : workers_) add(worker);
  if (replacement_) add(*replacement_);
  return next;
}

std::vector<Awaited> Fleet::awaited() const {
  std::vector<Awaited> fds;
  for (const WorkerProcess& worker : workers_)
    if (worker.awaited_fd() >= 0) fds.push_back({worker.awaited_fd()});
  if (replacement_ && replacement_->awaited_fd() >= 0) fds.push_back({replacement_->awaited_fd()});
  return fds;
}

void Fleet::read_message(int fd, TimePoint now) {
  if (fd < 0) return;
  for (WorkerProcess& worker : workers_)
    if (worker.awaited_fd() == fd)
      if (const auto message = worker.read_message(now)) return received(worker, *message, now);
  if (replacement_ && replacement_->awaited_fd() == fd)
    if (replacement_->read_message(now) == WorkerMessage::kConsumes) promote(now);
}

void Fleet::received(WorkerProcess& worker, WorkerMessage message, TimePoint now) {
  if (message == WorkerMessage::kConsumes) {
    start_watch_.consumed();
    const bool is_news = !worker.restarts.in_crash_loop() || !worker.had_consumed;
    log::log(is_news ? log::Level::info : log::Level::debug,
             "{}: consumes, {:.1f} s after its start", worker.name(),
             in_seconds(worker.slot.lived(now)));
  } else if (worker.is_to_stay() && !stopping_) {
    log::info("{}: has taken --worker-max-events, and is replaced", worker.name());
    rollout_.add(worker.slot.number());
  }
}

void Fleet::start(WorkerProcess& worker, int row, TimePoint now) {
  const int slot = worker.slot.number();
  scoreboard_writer_.prepare({slot, row}, now);
  Result<pid_t> pid = worker.start(plan_.program, row);
  if (!pid)
    return died(worker, {Death::Kind::kNotStarted, 0},
                fmt::format("cannot start worker {}: {}", slot, pid.error().message), now);
  if (std::exchange(worker.has_died, false)) scoreboard_writer_.count_restart(slot);
  log::log(worker.restarts.is_news() ? log::Level::info : log::Level::debug,
           "worker {}: started as process {}", slot, pid.value());
}

bool Fleet::ended(const EndedChild& child, TimePoint now) {
  const auto what = [&](const WorkerProcess& worker) {
    return fmt::format("{}: {} after {:.1f} s", worker.name(), format(child.death),
                       in_seconds(worker.slot.lived(now)));
  };
  if (replacement_ && replacement_->slot.pid() == child.pid) {
    // The word may have come after poll(2) looked; it counts all the same.
    read_message(replacement_->awaited_fd(), now);
    if (replacement_) {
      replacement_failed(child.death, what(*replacement_), now);
      return true;
    }
  }
  for (WorkerProcess& worker : workers_) {
    if (worker.slot.pid() != child.pid) continue;
    read_message(worker.awaited_fd(), now);
    died(worker, child.death, what(worker), now);
    forget_stopped();
    return true;
  }
  return false;
}

DeathCause Fleet::cause_of(const WorkerProcess& worker, const Death& death) {
  switch (death.kind) {
    case Death::Kind::kNotStarted:
      return DeathCause::kNotStarted;
    case Death::Kind::kExited:
      return DeathCause::kExit;
    case Death::Kind::kKilled:
      break;
  }
  if (worker.aborted_at) return DeathCause::kWatchdog;
  // Looked at each time, so that an old kill is not taken for the cause of a new death.
  const bool out_of_memory = oom_counter_.has_risen();
  if (death.number == SIGKILL && out_of_memory) return DeathCause::kOutOfMemory;
  return DeathCause::kSignal;
}

void Fleet::note_suspect(const WorkerProcess& worker, bool ended_well) {
  const auto deaths = scoreboard_writer_.close(worker.address(), ended_well);
  if (!deaths) return;
  log::error(
      "{}: it was encoding a delivery over which {} worker{} died; after {} it goes to the "
      "dead-letter queue unread",
      worker.name(), *deaths, *deaths == 1 ? " has" : "s have", kDeathsToCondemn);
}

// `what` is the log's sentence on the death; how it goes on is added here.
void Fleet::died(WorkerProcess& worker, const Death& death, const std::string& what,
                 TimePoint now) {
  const int slot = worker.slot.number();
  const bool clean = death.kind == Death::Kind::kExited && death.number == 0;
  note_suspect(worker, clean);
  if (stopping_ || worker.slot.state() == SlotState::kStopping) {
    log::log(clean ? log::Level::info : log::Level::warn, "{}", what);
    return worker.slot.ended(now);
  }
  // The next one is as new as a replacement.
  rollout_.forget(slot);
  const DeathCause cause = cause_of(worker, death);
  const std::optional<Duration> consumed_for = worker.slot.consumed_for(now);
  const bool is_crash = cause == DeathCause::kWatchdog || cause == DeathCause::kOutOfMemory;
  const Blame blame = is_crash ? Blame::kInternal : blame_for(death, consumed_for.has_value());
  const std::optional<ExitCode> end_status = start_watch_.died(blame);
  const Duration delay =
      worker.restarts.delay_after(blame, consumed_for, start_watch_.has_consumed());
  scoreboard_writer_.count_death(slot, cause, worker.restarts.faults_in_a_row());
  worker.has_died = true;
  worker.had_consumed = consumed_for.has_value();
  worker.slot.ended(now + delay);
  if (end_status) {
    log::error("{}; a restart would not cure it", what);
    end_ = End{*end_status, "a worker refused its options"};
    return;
  }
  const char* hint = cause == DeathCause::kOutOfMemory
                         ? " (it looks like the kernel, short of memory: lower --batch-bytes, "
                           "--prefetch or --workers, or give it more)"
                         : "";
  log::log(worker.restarts.is_news() ? log::Level::warn : log::Level::debug,
           "{}{}; restart in {:.1f} s", what, hint, in_seconds(delay));
  if (worker.restarts.in_crash_loop() && worker.restarts.is_news())
    log::error(
        "worker {}: a crash loop, {} deaths in a row without a minute of consuming; the waits grow "
        "up to {} s, the other workers go on, and of the next deaths few get a line",
        slot, worker.restarts.faults_in_a_row(), RestartPolicy::kLongestDelay.count());
}

std::optional<Fleet::End> Fleet::end(TimePoint now) const {
  if (end_ || !start_watch_.deadline() || now < *start_watch_.deadline()) return end_;
  const ExitCode status = start_watch_.give_up_status();
  log::error(
      "no worker consumed within the start timeout of {:.1f} s, giving up with status {} ({}); the "
      "lines of the workers above say why",
      in_seconds(plan_.start_timeout), to_int(status), format_status(to_int(status)));
  return End{status, "start timeout"};
}

// A worker that waits for a slow server still beats; one that does not hangs. Only while it
// connects it may wait for an answer longer than for a heartbeat.
TimePoint Fleet::hangs_at(const WorkerProcess& worker) const {
  if (worker.aborted_at) return *worker.aborted_at + kAbortPatience;
  const bool connects = worker.slot.state() == SlotState::kStarting ||
                        scoreboard_writer_.state(worker.address()) == WorkerState::kConnecting;
  const Duration patience =
      connects ? std::max(plan_.worker_timeout, plan_.start_timeout) : plan_.worker_timeout;
  return std::max(scoreboard_writer_.heartbeat(worker.address()), watched_since_) + patience;
}

void Fleet::watch(TimePoint now) {
  if (now - looked_at_ > kStoodStill) watched_since_ = now;
  looked_at_ = now;
  for (WorkerProcess& worker : workers_) look_at(worker, now);
  if (replacement_) look_at(*replacement_, now);
}

void Fleet::look_at(WorkerProcess& worker, TimePoint now) {
  if (!worker.slot.has_process() || worker.killed || now < hangs_at(worker)) return;
  if (worker.aborted_at) {
    log::error("{}: does not end by SIGABRT, killed", worker.name());
    kill(worker.slot.pid(), SIGKILL);
    worker.killed = true;
    return;
  }
  log::error(
      "{}: no sign of life for {:.1f} s (--worker-timeout), ended by SIGABRT; what it had not "
      "acknowledged is delivered again",
      worker.name(), in_seconds(now - scoreboard_writer_.heartbeat(worker.address())));
  kill(worker.slot.pid(), SIGABRT);
  worker.aborted_at = now;
}

std::size_t Fleet::stop() {
  stopping_ = true;
  previous_.reset();
  if (replacement_) workers_.push_back(*std::exchange(replacement_, std::nullopt));
  std::size_t asked = 0;
  for (WorkerProcess& worker : workers_) {
    if (worker.slot.has_process()) ++asked;
    let_go(worker);
  }
  forget_stopped();
  return asked;
}

std::vector<std::string> Fleet::kill_the_rest() {
  std::vector<std::string> names;
  for (WorkerProcess& worker : workers_) {
    if (!worker.slot.has_process()) continue;
    kill(worker.slot.pid(), SIGKILL);
    worker.killed = true;
    names.push_back(worker.name());
  }
  return names;
}

void Fleet::let_go(WorkerProcess& worker) {
  if (worker.slot.has_process()) kill(worker.slot.pid(), SIGTERM);
  worker.slot.asked_to_stop();
}

void Fleet::forget_stopped() {
  workers_.remove_if(
      [](const WorkerProcess& worker) { return worker.slot.state() == SlotState::kStopped; });
}

bool Fleet::any_process() const {
  return std::any_of(workers_.begin(), workers_.end(),
                     [](const WorkerProcess& worker) { return worker.slot.has_process(); });
}

}  // namespace event_consumer
