// Replacing workers, adding and removing them, pausing them, and those that die again and again:
// with real processes and shell scripts.
#include "supervisor/fleet.h"

#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "tests/supervisor/service_manager.h"
#include "tests/supervisor/supervisor_run.h"
#include "tests/support/catch.h"

namespace event_consumer::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr char kGraceful[] = "trap 'exit 0' TERM; ready; while :; do sleep 0.01; done";

RunOptions with_workers(int workers) {
  RunOptions options;
  options.workers = workers;
  return options;
}

void reload(const SupervisorRun& run, const std::string& workers) {
  std::ofstream(run.directory() / "workers") << workers;
  run.send(SIGHUP);
}

void stop(SupervisorRun& run) {
  run.send(SIGTERM);
  CHECK(run.exit_status() == 0);
  CHECK(run.left_nothing());
}

// Where `text` stands in the log for the last time.
std::size_t last_in_log(const SupervisorRun& run, const std::string& text) {
  return run.log().rfind(text);
}

TEST_CASE("supervisor: what has no effect is said at the start, and at a reload what is new",
          "[supervisor]") {
  RunOptions options;
  options.notes = {"noted at the start"};
  options.notes_of_reload = {"noted at a reload"};
  SupervisorRun run(kGraceful, options);
  REQUIRE(run.logs("consumes, "));
  CHECK(run.count_in_log("noted at the start") == 1);
  for (int times : {1, 2}) {
    reload(run, "1");
    REQUIRE(run.logs("reloaded: ", times));
    CHECK(run.count_in_log("noted at a reload") == 1);
  }
  CHECK(run.count_in_log("noted at the start") == 1);
  stop(run);
}

TEST_CASE("fleet: a reload replaces all, each by one that consumes before", "[fleet]") {
  SupervisorRun run(std::string("echo $RELOADED >>$DIR/env$slot; ") + kGraceful, with_workers(3));
  REQUIRE(run.logs("consumes, ", 3));
  reload(run, "3");
  REQUIRE(run.logs("reloaded: 3 workers run with the options as they are now"));
  CHECK(run.count_in_log("and takes over") == 3);
  for (const std::string slot : {"1", "2", "3"}) {
    CHECK(read_file(run.directory() / ("env" + slot)) == "\nyes\n");
    // The predecessor ends after its successor consumes.
    CHECK(run.logs("worker " + slot + " (process "));
  }
  REQUIRE(run.logs("exited with status 0 (done)", 3));
  CHECK(run.log().find("exited with status 0") > run.log().find("and takes over"));
  CHECK(eventually([&] { return children_of(run.pid()).size() == 3; }));
  CHECK(run.restart_delays().empty());
  stop(run);
}

TEST_CASE("fleet: a reload to more and to fewer workers", "[fleet]") {
  SupervisorRun run(kGraceful, with_workers(2));
  REQUIRE(run.logs("consumes, ", 2));
  reload(run, "4");
  REQUIRE(run.logs("reloaded: 4 workers"));
  CHECK(eventually([&] { return children_of(run.pid()).size() == 4; }));
  reload(run, "1");
  REQUIRE(run.logs("reloaded: 1 worker run"));
  CHECK(eventually([&] { return children_of(run.pid()).size() == 1; }));
  stop(run);
}

TEST_CASE("fleet: a broken file changes nothing", "[fleet]") {
  SupervisorRun run(kGraceful, with_workers(2));
  REQUIRE(run.logs("consumes, ", 2));
  const std::vector<pid_t> before = children_of(run.pid());
  run.send(SIGHUP);
  REQUIRE(run.logs("not reloaded, everything stays as it is: the file is broken"));
  CHECK(children_of(run.pid()) == before);
  stop(run);
}

TEST_CASE("fleet: a replacement that fails stops the reload, and the old ones go on", "[fleet]") {
  const auto [failure, words] = GENERATE(table<std::string, std::string>({
      {"exit 64", "exited with status 64 (a bad option or configuration file)"},
      {"exec sleep 60", "did not consume within 0.4 s (--start-timeout)"},
  }));
  RunOptions options = with_workers(2);
  options.start_timeout = milliseconds(400);
  SupervisorRun run("[ -z $RELOADED ] || " + failure + "; " + kGraceful, options);
  REQUIRE(run.logs("consumes, ", 2));
  const std::vector<pid_t> before = children_of(run.pid());
  reload(run, "3");
  REQUIRE(run.logs("the reload failed at worker 1: "));
  CHECK(run.count_in_log(words) >= 1);
  CHECK(eventually([&] { return children_of(run.pid()) == before; }));
  // What is started later has the options of before too.
  kill(before.front(), SIGKILL);
  CHECK(run.logs("consumes, ", 3));
  CHECK(run.count_in_log("takes over") == 0);
  stop(run);
  // Nor has the supervisor itself kept any of the new ones.
  CHECK(run.count_in_log("at most 60.0 s") == 1);
}

TEST_CASE("fleet: a failed reload leaves none waiting with its options", "[fleet]") {
  RunOptions options = with_workers(2);
  options.start_timeout = seconds(1);
  SupervisorRun run(std::string("[ -z $RELOADED ] || exec sleep 60; ") + kGraceful, options);
  REQUIRE(run.logs("consumes, ", 2));
  const std::vector<pid_t> before = children_of(run.pid());
  reload(run, "2");
  REQUIRE(run.logs("its replacement started"));
  // It is started again with the new options, and does not consume with them.
  kill(before.back(), SIGKILL);
  REQUIRE(run.logs("the reload failed at worker 1: "));
  CHECK(run.logs("consumes, ", 3));
  CHECK(eventually([&] { return children_of(run.pid()).size() == 2; }));
  stop(run);
}

TEST_CASE("fleet: a reload puts right the one before, whose replacement is under way", "[fleet]") {
  RunOptions options = with_workers(2);
  options.start_timeout = seconds(2);
  SupervisorRun run(
      std::string("[ -z $RELOADED ] || { mkdir $DIR/once && exec sleep 60; }; ") + kGraceful,
      options);
  REQUIRE(run.logs("consumes, ", 2));
  reload(run, "2");
  REQUIRE(run.logs("its replacement started"));
  REQUIRE(eventually([&] { return executes(run.worker_pids().back(), "sleep"); }));
  reload(run, "2");
  CHECK(run.logs("reloaded: 2 workers run with the options as they are now"));
  CHECK(run.count_in_log("and takes over") == 2);
  CHECK(run.count_in_log("the reload failed") == 0);
  CHECK(eventually([&] { return children_of(run.pid()).size() == 2; }));
  // Our own signal has ended the replacement that was under way.
  CHECK(run.count_in_log(" warning ") == 0);
  stop(run);
}

// Ctrl-C reaches every process of the terminal.
TEST_CASE("fleet: a worker that SIGINT ends at a stop is no warning", "[fleet]") {
  SupervisorRun run("trap '' TERM; exec sleep 60");
  REQUIRE(eventually([&] {
    const auto workers = run.worker_pids();
    return !workers.empty() && executes(workers.back(), "sleep");
  }));
  run.send(SIGINT);
  REQUIRE(run.logs("stopping ("));
  kill(run.worker_pids().back(), SIGINT);
  CHECK(run.exit_status() == 0);
  CHECK(run.count_in_log("killed by signal 2 (INT)") == 1);
  CHECK(run.count_in_log(" warning ") == 0);
}

TEST_CASE("fleet: a failed reload lets none wait that died of its options", "[fleet]") {
  RunOptions options = with_workers(1);
  options.start_timeout = seconds(2);
  SupervisorRun run("[ -z $RELOADED ] || { mkdir $DIR/once && exec sleep 60; exit 78; }; " +
                        std::string(kGraceful),
                    options);
  REQUIRE(run.logs("consumes, "));
  const pid_t before = run.worker_pids().front();
  reload(run, "1");
  REQUIRE(run.logs("its replacement started"));
  REQUIRE(eventually([&] { return executes(run.worker_pids().back(), "sleep"); }));
  // Started anew beside it with the new options, it waits for long after that.
  kill(before, SIGKILL);
  REQUIRE(run.logs("exited with status 78"));
  REQUIRE(run.restart_delays().back() >= 15);
  REQUIRE(run.logs("the reload failed at worker 1: "));
  const auto failed_at = Clock::now();
  CHECK(run.logs("consumes, ", 2));
  CHECK((Clock::now() - failed_at < seconds(10)));
  stop(run);
}

TEST_CASE("fleet: options are not taken unproven because no worker lives at the reload",
          "[fleet]") {
  // The worker dies in the same moment; or it waits for its restart.
  const std::string death = GENERATE("", "mkdir $DIR/once && { ready; exit 78; }; ");
  SupervisorRun run("[ -z $RELOADED ] || exit 78; " + death + kGraceful);
  REQUIRE(run.logs("consumes, "));
  if (death.empty()) {
    run.send(SIGSTOP);
    kill(run.worker_pids().front(), SIGKILL);
    reload(run, "1");
    run.send(SIGCONT);
  } else {
    REQUIRE(run.logs("exited with status 78"));
    reload(run, "1");
  }
  REQUIRE(run.logs("the reload failed at worker 1: "));
  const auto failed_at = Clock::now();
  CHECK(run.logs("consumes, ", 2));
  CHECK((Clock::now() - failed_at < seconds(10)));
  CHECK(run.count_in_log("reloaded: ") == 0);
  stop(run);
}

TEST_CASE("fleet: one more and one fewer outlast a reload that fails", "[fleet]") {
  RunOptions options = with_workers(2);
  options.start_timeout = seconds(2);
  SupervisorRun run(std::string("[ -z $RELOADED ] || exec sleep 60; ") + kGraceful, options);
  REQUIRE(run.logs("consumes, ", 2));
  reload(run, "2");
  REQUIRE(run.logs("its replacement started"));
  SECTION("one more") {
    run.send(SIGTTIN);
    REQUIRE(run.logs("one worker more: 3"));
    REQUIRE(run.logs("the reload failed at worker 1: "));
    CHECK(run.logs("consumes, ", 3));
    CHECK(eventually([&] { return children_of(run.pid()).size() == 3; }));
  }
  SECTION("one fewer") {
    run.send(SIGTTOU);
    REQUIRE(run.logs("one worker fewer: 1"));
    REQUIRE(run.logs("the reload failed at worker 1: "));
    CHECK(eventually([&] { return children_of(run.pid()).size() == 1; }));
    CHECK(run.count_in_log("consumes, ") == 2);
  }
  stop(run);
}

TEST_CASE("fleet: what waits for its restart is started with new options at once", "[fleet]") {
  const ServiceManager manager;
  SupervisorRun run(
      std::string(
          "[ -n $RELOADED ] && [ -e $DIR/once ] || { touch $DIR/once; ready; exit 78; }; ") +
      "while [ -z $RELOADED ]; do exit 78; done; " + kGraceful);
  REQUIRE(run.logs("exited with status 78"));
  CHECK(run.restart_delays().at(0) >= 15);
  reload(run, "1");
  CHECK(run.logs("reloaded: 1 worker run"));
  CHECK(run.logs("consumes, ", 2));
  // Whoever said RELOADING=1 says READY=1 at the end, also when it was over at once.
  std::string said;
  CHECK(eventually([&] {
    said += manager.message() + " ";
    return said.find("READY=1", said.find("RELOADING=1")) != std::string::npos;
  }));
  stop(run);
}

TEST_CASE("fleet: systemd keeps why the start was given up", "[fleet]") {
  const ServiceManager manager;
  RunOptions options;
  options.start_timeout = std::chrono::milliseconds(300);
  SupervisorRun run("exit 78", options);
  CHECK(run.exit_status() == 78);
  std::string last;
  for (std::string said = manager.message(); !said.empty(); said = manager.message())
    if (said.find("STATUS=") == 0) last = said;
  CHECK(last == "STATUS=gave up: start timeout");
}

TEST_CASE("fleet: one more and one fewer, but never none", "[fleet]") {
  SupervisorRun run(kGraceful, with_workers(1));
  REQUIRE(run.logs("consumes, "));
  run.send(SIGTTOU);
  REQUIRE(run.logs("the last worker stays"));
  run.send(SIGTTIN);
  REQUIRE(run.logs("one worker more: 2"));
  REQUIRE(run.logs("consumes, ", 2));
  run.send(SIGTTOU);
  REQUIRE(run.logs("one worker fewer: 1"));
  CHECK(eventually([&] { return children_of(run.pid()).size() == 1; }));
  CHECK(run.restart_delays().empty());
  stop(run);
}

TEST_CASE("fleet: no two processes ever share a row of the scoreboard", "[fleet]") {
  SupervisorRun run(
      "place=$DIR/row$slot-$row; trap 'sleep 0.2; rmdir $place; exit 0' TERM\n"
      "mkdir $place || touch $DIR/collision; ready; while :; do sleep 0.01; done",
      with_workers(2));
  REQUIRE(run.logs("consumes, ", 2));
  // Predecessors that are slow to leave, and one that comes after the other.
  for (int round = 1; round <= 6; ++round) {
    reload(run, round % 2 == 0 ? "3" : "1");
    REQUIRE(run.logs("reloading", round));
    run.send(SIGTTIN);
    run.send(SIGTTOU);
    if (round % 3 == 0) CHECK(run.logs("reloaded: ", round / 3));
  }
  reload(run, "2");
  REQUIRE(run.logs("reloading", 7));
  const bool has_two = eventually([&] {
    return children_of(run.pid()).size() == 2 && run.logs("reloaded: 2 workers") &&
           last_in_log(run, "reloaded: 2 workers") > last_in_log(run, "reloading");
  });
  INFO(run.log());
  CHECK(has_two);
  CHECK(access((run.directory() / "collision").c_str(), F_OK) != 0);
  stop(run);
}

TEST_CASE("fleet: a worker that asks to be recycled is replaced", "[fleet]") {
  SupervisorRun run(
      "trap 'exit 0' TERM; ready; [ $slot = 1 ] && mkdir $DIR/once && tired\n"
      "while :; do sleep 0.01; done",
      with_workers(2));
  CHECK(run.logs("worker 1 (process "));
  REQUIRE(run.logs("and takes over"));
  REQUIRE(run.logs("exited with status 0 (done)"));
  CHECK(last_in_log(run, "exited with status 0") > last_in_log(run, "and takes over"));
  CHECK(children_of(run.pid()).size() == 2);
  stop(run);
}

TEST_CASE("fleet: when recycling fails the worker goes on", "[fleet]") {
  SupervisorRun run(
      "trap 'exit 0' TERM; mkdir $DIR/once || exit 69; ready; tired\n"
      "while :; do sleep 0.01; done");
  REQUIRE(run.logs("the replacement of worker 1 failed: "));
  CHECK(run.count_in_log("the worker goes on, another try in 30 s") == 1);
  CHECK(eventually([&] { return children_of(run.pid()).size() == 1; }));
  stop(run);
}

TEST_CASE("fleet: a pause and its end reach all workers", "[fleet]") {
  SupervisorRun run(
      "trap 'exit 0' TERM; trap 'echo >>$DIR/paused' TSTP; trap 'echo >>$DIR/resumed' CONT; ready\n"
      "while :; do sleep 0.01; done",
      with_workers(2));
  REQUIRE(run.logs("consumes, ", 2));
  run.send(SIGTSTP);
  CHECK(eventually([&] { return read_file(run.directory() / "paused") == "\n\n"; }));
  run.send(SIGCONT);
  CHECK(eventually([&] { return read_file(run.directory() / "resumed") == "\n\n"; }));
  stop(run);
}

TEST_CASE("fleet: a crash loop is named, and does not fill the log", "[fleet]") {
  RunOptions options;
  options.worker_timeout = seconds(600);
  options.start_timeout = seconds(60);
  SupervisorRun run("exit 70", options);
  REQUIRE(run.logs("worker 1: a crash loop, 5 deaths in a row"));
  REQUIRE(run.logs("exited with status 70", 6));
  run.send(SIGTERM);
  CHECK(run.exit_status() == 0);
  std::istringstream lines(run.log());
  int shown = 0;
  for (std::string line; std::getline(lines, line);)
    if (line.find("exited with status 70") != std::string::npos)
      shown += line.find(" warning ") != std::string::npos;
  CHECK(shown == 5);
}

}  // namespace
}  // namespace event_consumer::testing
