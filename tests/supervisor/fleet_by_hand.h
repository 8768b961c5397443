// FleetByHand: a fleet whose workers are real processes, scripts, but whose steps and times are
// taken by hand. It blocks signals and reaps children: to be used in a process of its own
// (exit_status_in_child()), with HOLDS.
#pragma once

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <string>

#include "supervisor/fleet.h"
#include "tests/supervisor/process_tools.h"

// Ends such a process with a status that tells the line.
#define HOLDS(condition) \
  if (!(condition)) return 1 + __LINE__ % 255

namespace event_consumer::testing {

class FleetByHand {
 public:
  // `script` is the beginning of each worker's; $fd is the pipe. The start timeout is 40 s.
  FleetByHand(const PrivateDirectory& directory, int workers, const std::string& script,
              std::chrono::milliseconds worker_timeout)
      : pong_(directory / "pong"),
        config_{workers,
                std::chrono::seconds(40),
                std::chrono::seconds(20),
                worker_timeout,
                directory.write_script("worker", "trap 'echo >>" + pong_ + "' USR1\n" +
                                                     "fd=${2#--ready-fd=}; " + script +
                                                     "; while :; do sleep 0.01; done"),
                {"PATH=/usr/bin:/bin"}},
        writer_(std::move(*Scoreboard::create())),
        fleet_(config_, no_signals(), writer_, STDERR_FILENO, now_) {
    log::set_level(log::Level::critical);
    act();
  }

  void act(Duration step = {}) { fleet_.act(now_ += step); }
  void act_every_five_seconds(int times) {
    for (int i = 0; i < times; ++i) act(std::chrono::seconds(5));
  }
  void reload() {
    ++writer_.record().reloads;
    fleet_.reload(config_, now_);
    act();
  }

  // Waits for the message of a worker, by its place among all; and reads it.
  bool has_spoken(int worker) const {
    pollfd polled{pipe_of(worker), POLLIN, 0};
    return poll(&polled, 1, 20'000) == 1;
  }
  bool read(int worker) {
    const bool spoke = has_spoken(worker);
    if (spoke) fleet_.read_message(pipe_of(worker), now_);
    return spoke;
  }
  // Waits for the end of a worker.
  bool reap() {
    std::optional<EndedChild> ended;
    return eventually([&] { return (ended = reap_child()).has_value(); }) &&
           fleet_.ended(*ended, now_);
  }
  // A signal that was sent to one of the workers before would come before the answer.
  bool are_left_alone() const {
    const std::string before = read_file(pong_);
    const std::vector<pid_t> all = children_of(getpid());
    for (const pid_t worker : all) kill(worker, SIGUSR1);
    return eventually([&] { return read_file(pong_).size() == before.size() + all.size(); });
  }

  const Fleet& fleet() const { return fleet_; }
  const SupervisorRecord& record() { return writer_.record(); }
  std::uint64_t generation(RowAddress address) const {
    return writer_.board().row(address).record.read().generation;
  }

 private:
  static sigset_t no_signals() {
    sigset_t none;
    sigemptyset(&none);
    return none;
  }
  int pipe_of(int worker) const { return fleet_.awaited().at(static_cast<std::size_t>(worker)).fd; }

  std::string pong_;
  SupervisorConfig config_;
  ScoreboardWriter writer_;
  TimePoint now_ = Clock::now();
  Fleet fleet_;
};

}  // namespace event_consumer::testing
