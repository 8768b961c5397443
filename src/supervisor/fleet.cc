#include "supervisor/fleet.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "common/log.h"
#include "supervisor/in_words.h"

namespace event_consumer {

namespace {

// From SIGABRT to SIGKILL: a worker that is stopped (SIGSTOP) cannot take the first.
constexpr std::chrono::seconds kAbortPatience{5};

constexpr int kCrashLoop = 5;

WorkerProgram program_of(const SupervisorConfig& config, const sigset_t& signal_mask,
                         const Accounts& accounts) {
  return {config.worker_path, config.worker_environment, signal_mask, accounts.board().fd()};
}

bool is_regular(const Worker& worker) {
  return worker.slot.state() != SlotState::kStopping && worker.slot.state() != SlotState::kStopped;
}

}  // namespace

Fleet::Fleet(const SupervisorConfig& config, const sigset_t& signal_mask, Accounts& accounts)
    : program_(program_of(config, signal_mask, accounts)),
      accounts_(accounts),
      start_timeout_(config.start_timeout),
      worker_timeout_(config.worker_timeout),
      wanted_(0),
      rollout_(config.start_timeout),
      start_watch_(Clock::now(), config.start_timeout) {
  resize(config.workers, Clock::now());
}

void Fleet::act(TimePoint now) {
  if (stopping_) return;
  watch(now);
  for (Worker& worker : workers_)
    if (worker.slot.start_at() && *worker.slot.start_at() <= now) start(worker, now);
  roll(now);
}

std::optional<TimePoint> Fleet::deadline() const {
  if (stopping_) return std::nullopt;
  auto next = earliest(start_watch_.deadline(), rollout_.deadline());
  if (rollout_.deadline() && !rollout_.active() && rollout_.next() && is_leaving(*rollout_.next()))
    next = start_watch_.deadline();
  const auto add = [&](const Worker& worker) {
    next = earliest(next, worker.slot.start_at());
    if (!worker.slot.has_process()) return;
    if (worker.aborted_at)
      next = earliest(
          next, worker.killed ? std::nullopt : std::optional(*worker.aborted_at + kAbortPatience));
    else
      next = earliest(next, accounts_.heartbeat(worker.address()) + worker_timeout_);
  };
  for (const Worker& worker : workers_) add(worker);
  if (replacement_) add(*replacement_);
  return next;
}

std::vector<int> Fleet::awaited_fds() const {
  std::vector<int> fds;
  for (const Worker& worker : workers_)
    if (worker.awaited_fd() >= 0) fds.push_back(worker.awaited_fd());
  if (replacement_ && replacement_->awaited_fd() >= 0) fds.push_back(replacement_->awaited_fd());
  return fds;
}

void Fleet::hear(int fd, TimePoint now) {
  for (Worker& worker : workers_)
    if (worker.awaited_fd() == fd)
      if (const auto word = worker.hear(now)) return heard(worker, *word, now);
  if (replacement_ && replacement_->awaited_fd() == fd)
    if (replacement_->hear(now) == Word::kConsumes) promote(now);
}

void Fleet::heard(Worker& worker, Word word, TimePoint now) {
  if (word == Word::kConsumes) {
    start_watch_.consumed();
    log::info("{}: consumes, {:.1f} s after its start", worker.name(),
              in_seconds(worker.slot.lived(now)));
  } else if (is_regular(worker) && !stopping_) {
    log::info("{}: has taken --worker-max-events, and is replaced", worker.name());
    rollout_.add(worker.slot.number());
  }
}

void Fleet::start(Worker& worker, TimePoint now) {
  accounts_.prepare(worker.address(), now);
  if (std::exchange(worker.has_died, false)) accounts_.count_restart(worker.slot.number());
  Result<pid_t> pid = worker.start(program_);
  if (!pid)
    return died(
        worker, {Death::Kind::kNotStarted, 0},
        fmt::format("cannot start worker {}: {}", worker.slot.number(), pid.error().message), now);
  log::info("worker {}: started as process {}", worker.slot.number(), pid.value());
}

bool Fleet::ended(const EndedChild& child, TimePoint now) {
  const auto what = [&](const Worker& worker) {
    return fmt::format("{}: {} after {:.1f} s", worker.name(), in_words(child.death),
                       in_seconds(worker.slot.lived(now)));
  };
  if (replacement_ && replacement_->slot.pid() == child.pid) {
    // The word may have come after poll(2) looked; it counts all the same.
    hear(replacement_->awaited_fd(), now);
    if (replacement_) {
      accounts_.close(replacement_->address(), /*ended_well=*/false);
      replacement_failed(what(*replacement_), now);
      return true;
    }
  }
  for (Worker& worker : workers_) {
    if (worker.slot.pid() != child.pid) continue;
    hear(worker.awaited_fd(), now);
    died(worker, child.death, what(worker), now);
    forget_stopped();
    return true;
  }
  return false;
}

DeathCause Fleet::cause_of(const Worker& worker, const Death& death) {
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

// `what` is the log's sentence on the death; how it goes on is added here.
void Fleet::died(Worker& worker, const Death& death, const std::string& what, TimePoint now) {
  const bool clean = death.kind == Death::Kind::kExited && death.number == 0;
  const auto deaths_over_delivery = accounts_.close(worker.address(), clean);
  if (deaths_over_delivery)
    log::error(
        "{}: it was encoding a delivery over which {} worker{} died; after {} it goes to the "
        "dead-letter queue unread",
        worker.name(), *deaths_over_delivery, *deaths_over_delivery == 1 ? " has" : "s have",
        kDeathsToCondemn);
  if (stopping_ || worker.slot.state() == SlotState::kStopping) {
    log::log(clean ? log::Level::info : log::Level::warn, "{}", what);
    return worker.slot.ended(now);
  }
  const DeathCause cause = cause_of(worker, death);
  ++accounts_.record().deaths[static_cast<std::size_t>(cause)];
  const std::optional<Duration> consumed_for = worker.slot.consumed_for(now);
  const bool is_crash = cause == DeathCause::kWatchdog || cause == DeathCause::kOutOfMemory;
  const Blame blame = is_crash ? Blame::kInternal : blame_for(death, consumed_for.has_value());
  const std::optional<ExitCode> end_status = start_watch_.died(blame);
  const Duration delay =
      worker.restarts.delay_after(blame, consumed_for, start_watch_.has_consumed());
  worker.has_died = true;
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
  log::warn("{}{}; restart in {:.1f} s", what, hint, in_seconds(delay));
  if (worker.restarts.faults_in_a_row() == kCrashLoop)
    log::error(
        "worker {}: a crash loop, {} deaths in a row without a minute of consuming; the "
        "waits grow up to {} s, and the other workers go on",
        worker.slot.number(), kCrashLoop, RestartPolicy::kLongestDelay.count());
}

std::optional<Fleet::End> Fleet::end(TimePoint now) const {
  if (end_ || !start_watch_.deadline() || now < *start_watch_.deadline()) return end_;
  const ExitCode status = start_watch_.give_up_status();
  log::error(
      "no worker consumed within the start timeout of {:.1f} s, giving up with status {} ({}); the "
      "lines of the workers above say why",
      in_seconds(start_timeout_), to_int(status), status_in_words(to_int(status)));
  return End{status, "start timeout"};
}

// A worker that waits for a slow server still beats; one that does not hangs.
void Fleet::watch(TimePoint now) {
  const auto look_at = [&](Worker& worker) {
    if (!worker.slot.has_process() || worker.killed) return;
    if (worker.aborted_at) {
      if (now < *worker.aborted_at + kAbortPatience) return;
      log::error("{}: does not end by SIGABRT, killed", worker.name());
      kill(worker.slot.pid(), SIGKILL);
      worker.killed = true;
      return;
    }
    const Duration still = now - accounts_.heartbeat(worker.address());
    if (still < worker_timeout_) return;
    log::error(
        "{}: no sign of life for {:.1f} s (--worker-timeout), ended by SIGABRT; what it had not "
        "acknowledged is delivered again",
        worker.name(), in_seconds(still));
    kill(worker.slot.pid(), SIGABRT);
    worker.aborted_at = now;
  };
  for (Worker& worker : workers_) look_at(worker);
  if (replacement_) look_at(*replacement_);
}

std::size_t Fleet::stop() {
  stopping_ = true;
  previous_.reset();
  if (replacement_) workers_.push_back(*std::exchange(replacement_, std::nullopt));
  std::size_t asked = 0;
  for (Worker& worker : workers_) {
    if (worker.slot.has_process()) ++asked;
    let_go(worker);
  }
  forget_stopped();
  return asked;
}

std::vector<std::string> Fleet::kill_the_rest() {
  std::vector<std::string> names;
  for (Worker& worker : workers_) {
    if (!worker.slot.has_process()) continue;
    kill(worker.slot.pid(), SIGKILL);
    worker.killed = true;
    names.push_back(worker.name());
  }
  return names;
}

void Fleet::let_go(Worker& worker) {
  if (worker.slot.has_process()) kill(worker.slot.pid(), SIGTERM);
  worker.slot.asked_to_stop();
}

void Fleet::forget_stopped() {
  workers_.remove_if(
      [](const Worker& worker) { return worker.slot.state() == SlotState::kStopped; });
}

bool Fleet::any_process() const {
  return std::any_of(workers_.begin(), workers_.end(),
                     [](const Worker& worker) { return worker.slot.has_process(); });
}

std::size_t Fleet::consuming() const {
  return static_cast<std::size_t>(std::count_if(
      workers_.begin(), workers_.end(),
      [](const Worker& worker) { return worker.slot.state() == SlotState::kConsuming; }));
}

}  // namespace event_consumer
