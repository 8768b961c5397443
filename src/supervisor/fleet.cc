#include "supervisor/fleet.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "common/log.h"
#include "common/options.h"
#include "supervisor/format.h"
#include "supervisor/instance_summary.h"

namespace event_consumer {

Fleet::Fleet(const SupervisorConfig& config, const sigset_t& signal_mask,
             ScoreboardWriter& scoreboard_writer, int ledger_fd, TimePoint now)
    : scoreboard_writer_(scoreboard_writer),
      plan_{
          {config.worker_path, config.worker_environment, signal_mask,
           scoreboard_writer.board().fd(), ledger_fd, config.start_timeout, config.worker_timeout},
          0},
      rollout_(config.start_timeout),
      watchdog_(scoreboard_writer, now),
      start_watch_(now, config.start_timeout) {
  resize(config.workers, now);
}

void Fleet::act(TimePoint now) {
  watchdog_.begin_turn(now);
  for_each_process(slots_,
                   [&](WorkerProcess& worker) { watchdog_.check(worker, plan_.setup, now); });
  for (Slot& slot : slots_)
    if (slot.start_at() && *slot.start_at() <= now) start(slot, ProcessState::kStarting, now);
  replace_next(now);
}

std::optional<TimePoint> Fleet::deadline() const {
  auto next = earliest(start_watch_.deadline(), replacement_deadline());
  for (const Slot& slot : slots_) next = earliest(next, slot.start_at());
  for_each_process(slots_, [&](const WorkerProcess& worker) {
    next = earliest(next, watchdog_.deadline(worker, plan_.setup));
  });
  return next;
}

void Fleet::start(Slot& slot, ProcessState state, TimePoint now) {
  const bool is_successor = state == ProcessState::kReplacing;
  const RowAddress address{slot.number(), *slot.free_row()};
  scoreboard_writer_.prepare(address, plan_.setup.generation, now);
  auto process = WorkerProcess::start(plan_.setup, address, state, now);
  if (!process) {
    scoreboard_writer_.close(address, /*ended_well=*/false, now);
    const std::string& error = process.error().message;
    const DeathCause cause = DeathCause::kNotStarted;
    if (is_successor) return successor_failed(slot.number(), cause, error, now);
    const std::string words = fmt::format("cannot start worker {}: {}", slot.number(), error);
    return incumbent_died(slot, {Death::Kind::kNotStarted, 0}, cause, std::nullopt, words, now);
  }
  if (!is_successor && slot.start_is_restart()) scoreboard_writer_.count_restart(slot.number());
  log::log(is_successor || slot.restarts().is_news() ? log::Level::info : log::Level::debug,
           "worker {}: {}started as process {}", slot.number(),
           is_successor ? "its replacement " : "", process->pid());
  slot.add(std::move(*process));
}

std::vector<Awaited> Fleet::awaited() const {
  std::vector<Awaited> awaited;
  for_each_process(slots_,
                   [&](const WorkerProcess& worker) { awaited.push_back({worker.messages_fd()}); });
  return awaited;
}

void Fleet::read_message(int fd, TimePoint now) {
  for (Slot& slot : slots_)
    for (auto& worker : slot.rows())
      if (worker && worker->messages_fd() == fd) return receive(slot, *worker, now);
}

void Fleet::receive(Slot& slot, WorkerProcess& worker, TimePoint now) {
  const auto message = worker.read_message();
  if (message == WorkerMessage::kConsumes) consumes(slot, worker, now);
  if (message != WorkerMessage::kAsksForRecycling || &worker != slot.incumbent()) return;
  log::info("{}: has taken --worker-max-events, and is replaced", worker.name());
  rollout_.add(slot.number());
}

void Fleet::consumes(Slot& slot, WorkerProcess& worker, TimePoint now) {
  // What we have killed meanwhile takes nothing over.
  if (!worker.is_starting() || worker.is_killed() || worker.has_hung()) return;
  const bool takes_over = worker.state() == ProcessState::kReplacing;
  start_watch_.consumed();
  const bool is_news = takes_over || !slot.restarts().in_crash_loop() || !slot.last_had_consumed();
  log::log(is_news ? log::Level::info : log::Level::debug,
           "{}: consumes, {:.1f} s after its start{}", worker.name(), in_seconds(worker.lived(now)),
           takes_over ? ", and takes over" : "");
  if (!takes_over) return worker.consumes(now);
  rollout_.succeeded();
  slot.promote_successor(now);
}

bool Fleet::ended(const EndedChild& child, TimePoint now) {
  for (Slot& slot : slots_)
    for (auto& worker : slot.rows())
      if (worker && worker->pid() == child.pid) {
        ended(slot, *worker, child.death, now);
        return true;
      }
  return false;
}

void Fleet::ended(Slot& slot, WorkerProcess& present, const Death& death, TimePoint now) {
  // The message may have come after poll(2) looked; it counts all the same.
  receive(slot, present, now);
  const WorkerProcess worker = slot.remove(present);
  const bool is_clean = death.kind == Death::Kind::kExited && death.number == 0;
  if (const auto deaths = scoreboard_writer_.close(worker.address(), /*ended_well=*/is_clean, now))
    log::error(
        "{}: it was encoding a delivery over which {} worker{} died; after {} it goes to the "
        "dead-letter queue unread",
        worker.name(), *deaths, *deaths == 1 ? " has" : "s have", kDeathsToCondemn);
  std::string words = fmt::format("{}: {} after {:.1f} s", worker.name(), format(death),
                                  in_seconds(worker.lived(now)));
  if (worker.state() == ProcessState::kStopping) {
    // One that did not consume yet had nothing to finish: our signal has ended it, or Ctrl-C, which
    // reaches all processes of a terminal.
    const bool was_asked =
        death.kind == Death::Kind::kKilled && (death.number == SIGTERM || death.number == SIGINT);
    return log::log(is_clean || was_asked ? log::Level::info : log::Level::warn, "{}", words);
  }
  const DeathCause cause = cause_of(worker, death);
  if (worker.state() != ProcessState::kReplacing)
    return incumbent_died(slot, death, cause, worker.consumed_for(now), words, now);
  if (worker.is_killed() && !worker.has_hung())
    words = fmt::format("did not consume within {:.1f} s (--start-timeout)",
                        in_seconds(plan_.setup.start_timeout));
  successor_failed(slot.number(), cause, words, now);
}

DeathCause Fleet::cause_of(const WorkerProcess& worker, const Death& death) {
  if (death.kind == Death::Kind::kExited) return DeathCause::kExit;
  if (worker.has_hung()) return DeathCause::kWatchdog;
  // Looked at each time, so that an old kill is not taken for the cause of a new death.
  const bool out_of_memory = oom_counter_.has_risen();
  return death.number == SIGKILL && out_of_memory ? DeathCause::kOutOfMemory : DeathCause::kSignal;
}

// `words` are the log's sentence on the death; how it goes on is added here.
void Fleet::incumbent_died(Slot& slot, const Death& death, DeathCause cause,
                           std::optional<Duration> consumed_for, const std::string& words,
                           TimePoint now) {
  // The next one is as new as a replacement. In a reload it is not known yet whether such a one
  // consumes.
  if (!reloading()) rollout_.forget(slot.number());
  const bool is_crash = cause == DeathCause::kWatchdog || cause == DeathCause::kOutOfMemory;
  const Blame blame = is_crash ? Blame::kInternal : blame_for(death, consumed_for.has_value());
  const std::optional<ExitCode> end_status = start_watch_.died(blame);
  const Duration delay = slot.incumbent_died(blame, consumed_for, start_watch_.has_consumed(), now);
  const RestartPolicy& restarts = slot.restarts();
  scoreboard_writer_.count_death(slot.number(), cause, restarts.faults_in_a_row());
  if (end_status) {
    log::error("{}; a restart would not cure it", words);
    end_ = End{*end_status, "a worker refused its options"};
    return;
  }
  const char* hint = cause == DeathCause::kOutOfMemory
                         ? " (it looks like the kernel, short of memory: lower --batch-bytes, "
                           "--prefetch or --workers, or give it more)"
                         : "";
  log::log(restarts.is_news() ? log::Level::warn : log::Level::debug, "{}{}; restart in {:.1f} s",
           words, hint, in_seconds(delay));
  if (restarts.in_crash_loop() && restarts.is_news())
    log::error(
        "worker {}: a crash loop, {} deaths in a row without a minute of consuming; the waits grow "
        "up to {} s, the other workers go on, and of the next deaths few get a line",
        slot.number(), restarts.faults_in_a_row(), RestartPolicy::kLongestDelay.count());
}

void Fleet::successor_failed(int slot, DeathCause cause, const std::string& reason, TimePoint now) {
  SupervisorRecord& record = scoreboard_writer_.record();
  ++record.deaths[static_cast<std::size_t>(cause)];
  rollout_.failed(now, /*again=*/!reloading());
  if (!reloading())
    return log::error(
        "the replacement of worker {} failed: {}; the worker goes on, another try in "
        "{} s",
        slot, reason, Rollout::kPauseAfterFailure.count());
  ++record.failed_reloads;
  const Plan previous = *std::exchange(previous_, std::nullopt);
  plan_.setup = previous.setup;
  rollout_.set_patience(previous.setup.start_timeout);
  resize(previous.workers, now);
  for (Slot& each : slots_) {
    const WorkerProcess* present = each.incumbent();
    if (present != nullptr && present->asks_for_recycling()) rollout_.add(each.number());
    const bool consumes = present != nullptr && !present->is_starting();
    if (consumes || !each.is_open()) continue;
    // It may have been started since, or have died, with options with which none ever consumes.
    each.close();
    each.open(now);
  }
  log::error(
      "the reload failed at worker {}: {}; all that were not replaced yet go on with the "
      "options of before, see the lines of the new worker above",
      slot, reason);
}

std::optional<Fleet::End> Fleet::end(TimePoint now) const {
  if (end_ || !start_watch_.deadline() || now < *start_watch_.deadline()) return end_;
  const ExitCode status = start_watch_.give_up_status();
  const std::string cause = summarise(scoreboard_writer_.board()).trouble;
  const std::string why = cause.empty() ? "the lines above say why" : cause;
  log::error(
      "no worker consumed within the start timeout of {:.1f} s, giving up with status {} ({}); {}",
      in_seconds(start_watch_.start_timeout()), to_int(status), format_status(to_int(status)), why);
  return End{status, cause.empty() ? "start timeout" : "start timeout; " + cause};
}

// One replacement at a time: it consumes before its predecessor is asked to stop.
void Fleet::replace_next(TimePoint now) {
  if (rollout_.active()) {
    WorkerProcess* successor = slot(*rollout_.active()).successor();
    if (!successor->is_killed() && now >= *rollout_.give_up_at()) successor->kill();
    return;
  }
  while (rollout_.next()) {
    Slot& next = slot(*rollout_.next());
    if (!next.free_row() || !rollout_.start_next(now)) return;
    // Also where nothing runs that would have to go on meanwhile: what the reload asks for is
    // proven by those that consume with it.
    if (next.is_open()) return start(next, ProcessState::kReplacing, now);
    rollout_.succeeded();
  }
  if (reloading()) {
    previous_.reset();
    log::info("reloaded: {} run with the options as they are now", count_of_workers(size()));
  }
}

std::optional<TimePoint> Fleet::replacement_deadline() const {
  if (rollout_.active())
    return slot(*rollout_.active()).successor()->is_killed() ? std::nullopt : rollout_.give_up_at();
  // The end of a predecessor wakes us.
  if (rollout_.next() && !slot(*rollout_.next()).free_row()) return std::nullopt;
  return rollout_.deadline();
}

void Fleet::reload(const SupervisorConfig& config, TimePoint now) {
  abandon_replacement();
  if (!previous_) previous_ = plan_;
  const int replaced = std::min(plan_.workers, config.workers);
  plan_.setup = {config.worker_path,      config.worker_environment,
                 plan_.setup.signal_mask, plan_.setup.scoreboard_fd,
                 plan_.setup.ledger_fd,   config.start_timeout,
                 config.worker_timeout,   scoreboard_writer_.record().reloads};
  rollout_.set_patience(config.start_timeout);
  resize(config.workers, now);
  rollout_.begin(replaced);
}

// With the options of before it may fail, which says nothing of those that are to come.
void Fleet::abandon_replacement() {
  if (!rollout_.active()) return;
  slot(*rollout_.active()).successor()->ask_to_stop();
  rollout_.succeeded();
}

void Fleet::resize(int workers, TimePoint now) {
  while (plan_.workers < workers) {
    if (++plan_.workers > static_cast<int>(slots_.size())) slots_.emplace_back(plan_.workers);
    slot(plan_.workers).open(now);
  }
  for (; plan_.workers > workers; --plan_.workers) slot(plan_.workers).close();
  scoreboard_writer_.record().workers = static_cast<std::uint64_t>(plan_.workers);
}

void Fleet::add_one(TimePoint now) {
  if (plan_.workers == kMostWorkers) return log::warn("{} workers are the most", kMostWorkers);
  add(1, now);
  log::info("one worker more: {}", plan_.workers);
}

void Fleet::remove_one(TimePoint now) {
  if (plan_.workers == 1) return log::warn("the last worker stays; SIGTERM stops the service");
  log::info("one worker fewer: {}", plan_.workers - 1);
  add(-1, now);
}

void Fleet::add(int workers, TimePoint now) {
  resize(plan_.workers + workers, now);
  if (previous_) previous_->workers = std::clamp(previous_->workers + workers, 1, kMostWorkers);
}

void Fleet::set_paused(bool is_paused, TimePoint now) {
  scoreboard_writer_.record().paused = is_paused ? 1 : 0;
  scoreboard_writer_.publish(now);
  for_each_process(
      slots_, [&](const WorkerProcess& worker) { worker.send(is_paused ? SIGTSTP : SIGCONT); });
}

std::size_t Fleet::stop() {
  previous_.reset();
  std::size_t asked = 0;
  for_each_process(slots_, [&](WorkerProcess& worker) {
    worker.ask_to_stop();
    ++asked;
  });
  return asked;
}

std::vector<std::string> Fleet::kill_the_rest() {
  std::vector<std::string> names;
  for_each_process(slots_, [&](WorkerProcess& worker) {
    worker.kill();
    names.push_back(worker.name());
  });
  return names;
}

bool Fleet::any_process() const {
  bool any = false;
  for_each_process(slots_, [&](const WorkerProcess&) { any = true; });
  return any;
}

}  // namespace event_consumer
