#include "supervisor/supervisor.h"

#include <algorithm>
#include <csignal>
#include <optional>
#include <utility>

#include "common/clock.h"
#include "common/ledger_file.h"
#include "common/log.h"
#include "common/poll_loop.h"
#include "common/text.h"
#include "supervisor/child_process.h"
#include "supervisor/fleet.h"
#include "supervisor/format.h"
#include "supervisor/instance_summary.h"
#include "supervisor/scoreboard_writer.h"
#include "supervisor/service_report.h"
#include "supervisor/status_child.h"

namespace event_consumer {

namespace {

// Programs that run others (timeout(1)) send a signal twice, to the process and to its group.
constexpr std::chrono::seconds kSameStop{1};

// A stop under way.
struct Stop {
  ExitCode status;
  TimePoint begun_at;
  std::optional<TimePoint> kill_at;  // none once the rest has been killed
  std::size_t asked = 0;
  std::size_t killed = 0;
};

class Supervisor {
 public:
  Supervisor(const SupervisorConfig& config, const ReadConfig& read_again, PollLoop events,
             Scoreboard board, UniqueFd ledger);

  // Opens the status address. The Error is one that ends the instance.
  Result<Done> open_status();
  ExitCode run();

 private:
  void handle_signal(const EventLoop::Signal& signal, TimePoint now);
  void handle_stop_signal(const std::string& what, TimePoint now);
  void reap(TimePoint now);
  void act(TimePoint now);
  std::optional<TimePoint> next_deadline() const;

  void reload(TimePoint now);
  void end_reload(TimePoint now);
  void take_over(const SupervisorConfig& config, TimePoint now);
  void log_state(TimePoint now) const;
  void publish_state(TimePoint now);

  void begin_stop(ExitCode status, const std::string& reason, TimePoint now);
  void kill_the_rest(const std::string& reason);
  void log_outcome();

  SupervisorConfig config_;
  const ReadConfig& read_again_;
  PollLoop events_;
  ScoreboardWriter scoreboard_writer_;
  UniqueFd ledger_;
  Fleet fleet_;
  StatusChild status_child_;
  ServiceReport report_;
  std::optional<Stop> stop_;
  std::optional<SupervisorConfig> before_reload_;  // of before the reload under way
};

Supervisor::Supervisor(const SupervisorConfig& config, const ReadConfig& read_again,
                       PollLoop events, Scoreboard board, UniqueFd ledger)
    : config_(config),
      read_again_(read_again),
      events_(std::move(events)),
      scoreboard_writer_(std::move(board)),
      ledger_(std::move(ledger)),
      fleet_(config_, events_.mask_before(), scoreboard_writer_, ledger_.get(), events_.now()),
      status_child_(scoreboard_writer_.board().fd(), events_.mask_before()),
      report_(scoreboard_writer_.board(), events_.now()) {}

Result<Done> Supervisor::open_status() {
  if (!config_.status_address) return Done{};
  auto done =
      status_child_.serve(*config_.status_address, config_.worker_environment, events_.now());
  if (done || !config_.status_address_is_default) return done;
  log::warn("{}: no status is served; give --status-address another address, or «off»",
            done.error().message);
  return Done{};
}

ExitCode Supervisor::run() {
  log::info("event-consumer {}: {}", EVENT_CONSUMER_VERSION, count_of_workers(fleet_.size()));
  while (true) {
    act(events_.now());
    if (stop_ && !fleet_.any_process() && !status_child_.running()) break;
    auto events = events_.wait(fleet_.awaited(), next_deadline());
    if (!events) {
      log::error(
          "cannot wait for events, ending with status 70; the workers stop by themselves: {}",
          events.error().message);
      return ExitCode::kInternal;
    }
    // A stop is heard before the deaths that came with it: whoever signals the whole process group
    // wants no restarts.
    const TimePoint now = events_.now();
    for (const EventLoop::Signal& signal : events->signals) handle_signal(signal, now);
    for (const int fd : events->ready) fleet_.read_message(fd, now);
    reap(now);
  }
  log_outcome();
  return stop_->status;
}

void Supervisor::act(TimePoint now) {
  if (!stop_) {
    fleet_.act(now);
    end_reload(now);
    if (const auto end = fleet_.end(now)) begin_stop(end->status, end->reason, now);
  }
  if (stop_ && stop_->kill_at && *stop_->kill_at <= now)
    kill_the_rest(fmt::format("not stopped within {:.1f} s", in_seconds(config_.stop_timeout)));
  // It is the last to go, so that the end of the others can be watched.
  if (stop_ && !fleet_.any_process()) status_child_.stop();
  status_child_.act(now);
  publish_state(now);
}

std::optional<TimePoint> Supervisor::next_deadline() const {
  // The report's is never far away: each turn is the heartbeat for /livez, too.
  const auto next = earliest(report_.deadline(), status_child_.deadline());
  return earliest(next, stop_ ? stop_->kill_at : fleet_.deadline());
}

void Supervisor::handle_signal(const EventLoop::Signal& signal, TimePoint now) {
  if (signal.number == SIGCHLD) return;
  std::string what = format_signal(signal.number);
  if (signal.sender != 0) what += fmt::format(" from process {}", signal.sender);
  if (signal.number == SIGTERM || signal.number == SIGINT) return handle_stop_signal(what, now);
  if (signal.number == SIGUSR1) return log_state(now);
  if (stop_) return log::debug("{}: no effect while stopping", what);
  switch (signal.number) {
    case SIGHUP:
      return reload(now);
    case SIGTTIN:
      return fleet_.add_one(now);
    case SIGTTOU:
      return fleet_.remove_one(now);
    case SIGTSTP:
      log::info("{}: the workers take nothing more until SIGCONT", what);
      return fleet_.set_paused(true, now);
    case SIGCONT:
      if (scoreboard_writer_.record().paused != 0) log::info("{}: the workers go on", what);
      return fleet_.set_paused(false, now);
    default:
      log::debug("{}: no effect", what);
  }
}

void Supervisor::handle_stop_signal(const std::string& what, TimePoint now) {
  if (!stop_) return begin_stop(ExitCode::kOk, what, now);
  if (now - stop_->begun_at < kSameStop)
    log::debug("{}: taken for the same stop", what);
  else
    kill_the_rest(what + " while stopping");
}

void Supervisor::reap(TimePoint now) {
  while (const std::optional<EndedChild> ended = reap_child())
    if (!fleet_.ended(*ended, now)) status_child_.ended(*ended, now);
}

void Supervisor::reload(TimePoint now) {
  auto config = read_again_();
  if (!config) {
    ++scoreboard_writer_.record().failed_reloads;
    return log::error("not reloaded, everything stays as it is: {}", config.error().message);
  }
  for (const std::string& note : config->notes)
    if (!contains(config_.notes, note)) log::warn("{}", note);
  log::info("reloading: the workers are replaced one by one, {} in the end", config->workers);
  ++scoreboard_writer_.record().reloads;
  report_.begin_reload(now);
  if (config->state_directory != config_.state_directory)
    log::warn("the state directory stays '{}' until the service is started again",
              config_.state_directory);
  config->state_directory = config_.state_directory;
  if (!before_reload_) before_reload_ = config_;
  take_over(*config, now);
  fleet_.reload(config_, now);
}

// The workers have gone back to the options of before when the reload failed, and what the status
// shows must be theirs.
void Supervisor::end_reload(TimePoint now) {
  if (!before_reload_ || fleet_.reloading()) return;
  const SupervisorConfig before = *std::exchange(before_reload_, std::nullopt);
  if (fleet_.worker_environment() != config_.worker_environment) take_over(before, now);
}

void Supervisor::take_over(const SupervisorConfig& config, TimePoint now) {
  config_ = config;
  log::set_level(config_.log_level);
  log::set_format(config_.log_format);
  status_child_.reload(config_.status_address, config_.worker_environment, now);
}

void Supervisor::log_state(TimePoint now) const {
  const Scoreboard& board = scoreboard_writer_.board();
  const InstanceSummary summary = summarise(board);
  log::info("{} of {} workers consume{}; {}", summary.consuming, summary.workers,
            summary.paused ? ", paused" : "", balance_line(summary));
  const int slots = static_cast<int>(board.supervisor().read().slots);
  for (int slot = 1; slot <= slots; ++slot)
    log::info("{}", worker_line(slot, view_slot(board.slot(slot)), now));
}

void Supervisor::publish_state(TimePoint now) {
  const InstanceState state = stop_                   ? InstanceState::kStopping
                              : fleet_.reloading()    ? InstanceState::kReloading
                              : fleet_.has_consumed() ? InstanceState::kRunning
                                                      : InstanceState::kStarting;
  scoreboard_writer_.record().state = state;
  scoreboard_writer_.publish(now);
  report_.act(state, fleet_.has_consumed(), now);
}

void Supervisor::begin_stop(ExitCode status, const std::string& reason, TimePoint now) {
  stop_ = Stop{status, now, now + config_.stop_timeout};
  stop_->asked = fleet_.stop();
  log::info("stopping ({}): {} asked to finish, at most {:.1f} s", reason,
            count_of_workers(stop_->asked), in_seconds(config_.stop_timeout));
  // systemd shows the last line of one that has ended.
  report_.begin_stop(status == ExitCode::kOk
                         ? "stopping: " + count_of_workers(stop_->asked) + " asked to finish"
                         : "gave up: " + reason,
                     config_.stop_timeout);
}

void Supervisor::kill_the_rest(const std::string& reason) {
  if (!std::exchange(stop_->kill_at, std::nullopt)) return;
  std::string names;
  for (const std::string& name : fleet_.kill_the_rest()) {
    ++stop_->killed;
    names += (names.empty() ? "" : ", ") + name;
  }
  status_child_.stop();
  if (!names.empty())
    log::warn("{}: killed {}; what they had not acknowledged is delivered again", reason, names);
}

void Supervisor::log_outcome() {
  const InstanceSummary summary = summarise(scoreboard_writer_.board());
  if (fleet_.has_consumed()) log::info("{}", balance_line(summary));
  if (!balance_holds(summary)) log::warn("the counters do not add up");
  log::info("stopped: {} had run, {} had to be killed; exit status {}",
            count_of_workers(stop_->asked), stop_->killed, to_int(stop_->status));
}

}  // namespace

ExitCode run_supervisor(const SupervisorConfig& config, const ReadConfig& read_again) {
  occupy_standard_descriptors();
  for (const std::string& note : config.notes) log::warn("{}", note);
  Result<PollLoop> events = PollLoop::open(all_signals_but_defects());
  if (!events) {
    log::error("cannot receive signals, ending with status 70: {}", events.error().message);
    return exit_code_for(events.error().kind);
  }
  auto board = Scoreboard::create();
  if (!board) {
    log::error("cannot make the scoreboard, ending with status 70: {}", board.error().message);
    return exit_code_for(board.error().kind);
  }
  auto ledger = config.state_directory.empty() ? make_ledger_file()
                                               : open_ledger_file(config.state_directory);
  if (!ledger) {
    const ExitCode status = exit_code_for(ledger.error().kind);
    log::error("{}; ending with status {}", ledger.error().message, to_int(status));
    return status;
  }
  Supervisor supervisor(config, read_again, std::move(*events), std::move(*board),
                        std::move(*ledger));
  if (auto done = supervisor.open_status(); !done) {
    const ExitCode status = exit_code_for(done.error().kind);
    log::error("{}; give --status-address an address that is free, or «off»; ending with status {}",
               done.error().message, to_int(status));
    return status;
  }
  return supervisor.run();
}

}  // namespace event_consumer
