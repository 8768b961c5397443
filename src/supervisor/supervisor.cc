#include "supervisor/supervisor.h"

#include <algorithm>
#include <csignal>
#include <optional>
#include <utility>

#include "common/clock.h"
#include "common/log.h"
#include "common/result.h"
#include "supervisor/child_process.h"
#include "supervisor/restart_policy.h"
#include "supervisor/wakeup.h"
#include "supervisor/worker.h"

namespace event_consumer {

namespace {

double in_seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

std::string count_of_workers(size_t count) {
  return fmt::format("{} worker{}", count, count == 1 ? "" : "s");
}

// A stop under way.
struct Stop {
  ExitCode status;
  std::optional<TimePoint> kill_at;  // none once the rest has been killed
  size_t asked = 0;
  size_t killed = 0;
};

class Supervisor {
 public:
  Supervisor(const SupervisorConfig& config, Wakeup wakeup);

  ExitCode run();

 private:
  void handle(const Wakeup::Events& events);
  void handle_signal(const Wakeup::Signal& signal);
  void handle_deadlines();
  std::optional<TimePoint> next_deadline() const;

  void start(Worker& worker);
  void hear(Worker& worker);
  void reap();
  void handle_death(Worker& worker, const Death& death, const std::string& what);

  void begin_stop(ExitCode status, const std::string& reason);
  void kill_the_rest(const std::string& reason);
  bool any_process() const;

  const SupervisorConfig& config_;
  Wakeup wakeup_;
  WorkerProgram program_;
  StartWatch start_watch_;
  std::vector<Worker> workers_;
  std::optional<Stop> stop_;
};

Supervisor::Supervisor(const SupervisorConfig& config, Wakeup wakeup)
    : config_(config),
      wakeup_(std::move(wakeup)),
      program_{config.worker_path, config.worker_environment, wakeup_.mask_before()},
      start_watch_(Clock::now(), config.start_timeout) {
  for (int number = 1; number <= config.workers; ++number)
    workers_.emplace_back(number, Clock::now());
}

ExitCode Supervisor::run() {
  log::info("event-consumer {}: {}", EVENT_CONSUMER_VERSION, count_of_workers(workers_.size()));
  while (true) {
    handle_deadlines();
    if (stop_ && !any_process()) break;

    std::vector<int> ready_fds;
    for (const Worker& worker : workers_)
      if (worker.awaited_fd() >= 0) ready_fds.push_back(worker.awaited_fd());
    Result<Wakeup::Events> events = wakeup_.wait(ready_fds, next_deadline());
    if (!events) {
      log::error(
          "cannot wait for events, ending with status 70; the workers stop by themselves: {}",
          events.error().message);
      return ExitCode::kInternal;
    }
    handle(*events);
  }
  log::info("stopped: {} had run, {} had to be killed; exit status {}",
            count_of_workers(stop_->asked), stop_->killed, to_int(stop_->status));
  return stop_->status;
}

// A stop is heard before the deaths that came with it: whoever signals the whole process group
// wants no restarts.
void Supervisor::handle(const Wakeup::Events& events) {
  for (const Wakeup::Signal& signal : events.signals) handle_signal(signal);
  for (int fd : events.readable)
    for (Worker& worker : workers_)
      if (worker.awaited_fd() == fd) hear(worker);
  reap();
}

void Supervisor::handle_signal(const Wakeup::Signal& signal) {
  if (signal.number == SIGCHLD) return;
  std::string what = signal_in_words(signal.number);
  if (signal.sender != 0) what += fmt::format(" from process {}", signal.sender);
  if (signal.number != SIGTERM && signal.number != SIGINT)
    log::debug("{}: no effect", what);
  else if (stop_)
    kill_the_rest(what + " while stopping");
  else
    begin_stop(ExitCode::kOk, what);
}

void Supervisor::handle_deadlines() {
  const TimePoint now = Clock::now();
  if (stop_) {
    if (stop_->kill_at && *stop_->kill_at <= now)
      kill_the_rest(fmt::format("not stopped within {:.1f} s", in_seconds(config_.stop_timeout)));
    return;
  }
  if (start_watch_.deadline() && *start_watch_.deadline() <= now) {
    const ExitCode status = start_watch_.give_up_status();
    log::error(
        "no worker consumed within the start timeout of {:.1f} s, giving up with status {} "
        "({}); the lines of the workers above say why",
        in_seconds(config_.start_timeout), to_int(status), status_in_words(to_int(status)));
    return begin_stop(status, "start timeout");
  }
  for (Worker& worker : workers_)
    if (!stop_ && worker.slot.start_at() && *worker.slot.start_at() <= now) start(worker);
}

std::optional<TimePoint> Supervisor::next_deadline() const {
  if (stop_) return stop_->kill_at;
  std::optional<TimePoint> next = start_watch_.deadline();
  for (const Worker& worker : workers_) next = earliest(next, worker.slot.start_at());
  return next;
}

void Supervisor::start(Worker& worker) {
  const Result<pid_t> pid = worker.start(program_);
  if (!pid)
    return handle_death(
        worker, {Death::Kind::kNotStarted, 0},
        fmt::format("cannot start worker {}: {}", worker.slot.number(), pid.error().message));
  log::info("worker {}: started as process {}", worker.slot.number(), pid.value());
}

void Supervisor::hear(Worker& worker) {
  const TimePoint now = Clock::now();
  if (!worker.hear(now)) return;
  start_watch_.consumed();
  log::info("{}: consumes, {:.1f} s after its start", worker.name(),
            in_seconds(worker.slot.lived(now)));
}

void Supervisor::reap() {
  while (const std::optional<EndedChild> ended = reap_child()) {
    const auto worker =
        std::find_if(workers_.begin(), workers_.end(),
                     [&](const Worker& candidate) { return candidate.slot.pid() == ended->pid; });
    if (worker == workers_.end()) continue;
    // The byte may have come after poll(2) looked; it counts all the same.
    hear(*worker);
    handle_death(*worker, ended->death,
                 fmt::format("{}: {} after {:.1f} s", worker->name(), in_words(ended->death),
                             in_seconds(worker->slot.lived(Clock::now()))));
  }
}

// `what` is the log's sentence on the death; how it goes on is added here.
void Supervisor::handle_death(Worker& worker, const Death& death, const std::string& what) {
  const TimePoint now = Clock::now();
  if (stop_) {
    const bool clean = death.kind == Death::Kind::kExited && death.number == 0;
    log::log(clean ? log::Level::info : log::Level::warn, "{}", what);
    return worker.slot.ended(now);
  }
  const std::optional<Duration> consumed_for = worker.slot.consumed_for(now);
  const Blame blame = blame_for(death, consumed_for.has_value());
  const std::optional<ExitCode> end_status = start_watch_.died(blame);
  const Duration delay =
      worker.restarts.delay_after(blame, consumed_for, start_watch_.has_consumed());
  worker.slot.ended(now + delay);
  if (!end_status) return log::warn("{}; restart in {:.1f} s", what, in_seconds(delay));
  log::error("{}; a restart would not cure it", what);
  begin_stop(*end_status, "a worker refused its options");
}

void Supervisor::begin_stop(ExitCode status, const std::string& reason) {
  stop_ = Stop{status, Clock::now() + config_.stop_timeout};
  for (Worker& worker : workers_) {
    if (worker.slot.has_process()) {
      kill(worker.slot.pid(), SIGTERM);
      ++stop_->asked;
    }
    worker.slot.asked_to_stop();
  }
  log::info("stopping ({}): {} asked to finish, at most {:.1f} s", reason,
            count_of_workers(stop_->asked), in_seconds(config_.stop_timeout));
}

void Supervisor::kill_the_rest(const std::string& reason) {
  if (!std::exchange(stop_->kill_at, std::nullopt)) return;
  std::string names;
  for (const Worker& worker : workers_) {
    if (!worker.slot.has_process()) continue;
    kill(worker.slot.pid(), SIGKILL);
    ++stop_->killed;
    names += (names.empty() ? "" : ", ") + worker.name();
  }
  if (!names.empty())
    log::warn("{}: killed {}; what they had not acknowledged is delivered again", reason, names);
}

bool Supervisor::any_process() const {
  return std::any_of(workers_.begin(), workers_.end(),
                     [](const Worker& worker) { return worker.slot.has_process(); });
}

}  // namespace

ExitCode run_supervisor(const SupervisorConfig& config) {
  occupy_standard_descriptors();
  Result<Wakeup> wakeup = Wakeup::open();
  if (!wakeup) {
    log::error("cannot receive signals, ending with status 70: {}", wakeup.error().message);
    return wakeup.error().exit_code;
  }
  return Supervisor(config, std::move(*wakeup)).run();
}

}  // namespace event_consumer
