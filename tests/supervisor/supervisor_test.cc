#include "supervisor/supervisor.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "tests/supervisor/supervisor_run.h"
#include "tests/support/catch.h"

namespace event_consumer::testing {
namespace {

using std::chrono::milliseconds;

// Consumes until SIGTERM, then ends well.
constexpr char kGraceful[] = "trap 'exit 0' TERM; ready; while :; do sleep 0.01; done";
// Consumes until a signal ends it.
constexpr char kPlain[] = "ready; exec sleep 60";
constexpr char kStubborn[] = "trap '' TERM; ready; exec sleep 60";
constexpr char kHangs[] = "exec sleep 60";

RunOptions with_workers(int workers) {
  RunOptions options;
  options.workers = workers;
  return options;
}

RunOptions with_start_timeout(milliseconds start_timeout, int workers = 1) {
  RunOptions options = with_workers(workers);
  options.start_timeout = start_timeout;
  return options;
}

TEST_CASE("supervisor: starts its workers, and a stop ends them and it", "[supervisor]") {
  const int signal = GENERATE(SIGTERM, SIGINT);
  SupervisorRun run(kGraceful, with_workers(3));
  REQUIRE(run.logs("consumes, ", 3));
  run.send(signal);
  CHECK(run.exit_status() == 0);
  CHECK(run.left_nothing());
  CHECK(run.worker_pids().size() == 3);
  CHECK(run.count_in_log("event-consumer 0.1.0: 3 workers") == 1);
  CHECK(run.count_in_log("3 workers asked to finish, at most 60.0 s") == 1);
  CHECK(run.count_in_log("exited with status 0 (done)") == 3);
  CHECK(run.count_in_log("stopped: 3 workers had run, 0 had to be killed; exit status 0") == 1);
  CHECK(run.restart_delays().empty());
}

TEST_CASE("supervisor: a worker gets its slot, its environment, a pipe, scoreboard and ledger",
          "[supervisor]") {
  RunOptions options = with_workers(2);
  options.before = [] {
    signal(SIGHUP, SIG_IGN);
    signal(SIGCHLD, SIG_IGN);
    fcntl(STDIN_FILENO, F_DUPFD, 100);  // a descriptor that our own parent forgot to close
  };
  SupervisorRun run("[ -w /proc/self/fd/$fd ] && env >$DIR/env$slot; ready; exec sleep 60",
                    options);
  REQUIRE(run.logs("consumes, ", 2));
  const std::string environment = read_file(run.directory() / "env2");
  CHECK(environment.find("DIR=" + run.directory().path() + "\n") != std::string::npos);
  CHECK(environment.find("HOME=") == std::string::npos);
  CHECK_FALSE(read_file(run.directory() / "env1").empty());

  for (pid_t worker : run.worker_pids()) {
    REQUIRE(eventually([&] { return executes(worker, "sleep"); }));
    // It opens and closes some of its own while it starts.
    CHECK(eventually([&] {
      const std::vector<int> descriptors = open_descriptors(worker);
      return descriptors.size() == 6 && descriptors.back() < 100;
    }));
    CHECK(proc_status(worker, "SigBlk") == proc_status(getpid(), "SigBlk"));
    CHECK(ignored_signals(worker) == 0);
  }
}

TEST_CASE("supervisor: a worker that cannot be executed is named, and is an internal fault",
          "[supervisor]") {
  RunOptions options = with_start_timeout(milliseconds(250));
  options.worker_path = "/nonexistent/event-consumer-worker";
  SupervisorRun run("", options);
  CHECK(run.exit_status() == 70);
  CHECK(run.count_in_log("cannot start worker 1: execve /nonexistent/event-consumer-worker: "
                         "No such file or directory; restart in ") >= 2);
}

TEST_CASE("supervisor: gives up after the start timeout by the latest death", "[supervisor]") {
  const auto [script, status] = GENERATE(table<std::string, int>({
      {kHangs, 69},
      {"exit 69", 69},
      {"exit 0", 69},
      {"kill -KILL $$", 69},
      {"exit 78", 78},
      {"exit 70", 70},
      {"exit 1", 70},
      {"kill -SEGV $$", 70},
      {"[ -e $DIR/once ] && exit 78; touch $DIR/once; exit 70", 78},
      {"[ $slot = 1 ] && exec sleep 60; exit 78", 78},
  }));
  INFO(script);
  SupervisorRun run(script, with_start_timeout(milliseconds(2000), 2));
  CHECK(run.exit_status() == status);
  CHECK(run.left_nothing());
  CHECK(run.count_in_log("no worker consumed within the start timeout of 2.0 s, giving up with "
                         "status " +
                         std::to_string(status)) == 1);
}

TEST_CASE("supervisor: giving up does not wait for a stubborn worker for ever", "[supervisor]") {
  RunOptions options = with_start_timeout(milliseconds(100));
  options.stop_timeout = milliseconds(100);
  SupervisorRun run("trap '' TERM; exec sleep 60", options);
  CHECK(run.exit_status() == 69);
  CHECK(run.left_nothing());
}

TEST_CASE("supervisor: a worker that refuses its options ends the instance at once",
          "[supervisor]") {
  SupervisorRun run("[ $slot = 2 ] && exit 64; exec sleep 60", with_workers(3));
  CHECK(run.exit_status() == 64);
  CHECK(run.left_nothing());
  CHECK(run.count_in_log("exited with status 64 (a bad option or configuration file)") == 1);
}

TEST_CASE("supervisor: a crash loop slows down", "[supervisor]") {
  SupervisorRun run("exit 70");
  REQUIRE(run.logs("exited with status 70 (an internal error)", 4));
  run.send(SIGTERM);
  CHECK(run.exit_status() == 0);
  const std::vector<double> delays = run.restart_delays();
  CHECK(std::is_sorted(delays.begin(), delays.end()));
  CHECK(delays.front() <= 0.1);
  CHECK(delays[3] >= 0.4);
  CHECK(run.count_in_log("stopped: 0 workers had run") == 1);
}

TEST_CASE("supervisor: once a worker has consumed no fault ends the instance", "[supervisor]") {
  const auto [script, death] = GENERATE(table<std::string, std::string>({
      {"exit 69", "exited with status 69"},
      {"kill -ABRT $$", "killed by signal 6 (ABRT)"},
  }));
  SupervisorRun run("[ $slot = 2 ] && " + script + "; " + kPlain,
                    with_start_timeout(milliseconds(300), 2));
  // Waits of at least 50, 100 and 200 ms lie between the four, so the start timeout is past.
  REQUIRE(run.logs(death, 4));
  run.send(SIGTERM);
  CHECK(run.exit_status() == 0);
}

TEST_CASE("supervisor: once a worker has consumed, refused configuration waits the longest",
          "[supervisor]") {
  const std::string status = GENERATE("78", "64");
  SupervisorRun run(
      "[ $slot = 1 ] && { ready; exec sleep 60; }\n"
      "while ! grep -q consumes $DIR/log; do sleep 0.01; done; exit " +
          status,
      with_workers(2));
  REQUIRE(run.logs("exited with status " + status));
  run.send(SIGTERM);
  CHECK(run.exit_status() == 0);
  CHECK(run.restart_delays().at(0) >= 15);
}

TEST_CASE("supervisor: a message before a sudden death is read", "[supervisor]") {
  SupervisorRun run("ready; kill -KILL $$", with_start_timeout(milliseconds(300)));
  REQUIRE(run.logs("killed by signal 9 (KILL)", 8));
  CHECK(run.count_in_log("consumes, ") >= 8);
  run.send(SIGTERM);
  CHECK(run.exit_status() == 0);
}

TEST_CASE("supervisor: workers killed fifty times are back each time, and nothing is left",
          "[supervisor]") {
  constexpr int kWorkers = 5;
  SupervisorRun run(kPlain, with_workers(kWorkers));
  REQUIRE(run.logs("consumes, ", kWorkers));
  const size_t descriptors = open_descriptors(run.pid()).size();

  for (int round = 1; round <= 10; ++round) {
    std::vector<pid_t> workers = run.worker_pids();
    for (auto worker = workers.end() - kWorkers; worker != workers.end(); ++worker)
      kill(*worker, round % 2 == 0 ? SIGKILL : SIGTERM);
    REQUIRE(run.logs("consumes, ", kWorkers * (round + 1)));
  }

  CHECK(open_descriptors(run.pid()).size() == descriptors);
  CHECK(children_of(run.pid()).size() == kWorkers);
  for (double delay : run.restart_delays()) CHECK(delay <= 0.1);
  CHECK(run.restart_delays().size() == 50);
  run.send(SIGTERM);
  CHECK(run.exit_status() == 0);
  CHECK(run.left_nothing());
}

TEST_CASE("supervisor: a worker that does not stop in time is killed", "[supervisor]") {
  RunOptions options = with_workers(2);
  options.stop_timeout = milliseconds(150);
  SupervisorRun run(std::string("[ $slot = 1 ] && { ") + kPlain + "; }; " + kStubborn, options);
  REQUIRE(run.logs("consumes, ", 2));
  run.send(SIGTERM);
  CHECK(run.exit_status() == 0);
  CHECK(run.left_nothing());
  CHECK(run.count_in_log("not stopped within 0.1 s: killed worker 2 (process ") +
            run.count_in_log("not stopped within 0.2 s: killed worker 2 (process ") ==
        1);
  CHECK(run.count_in_log("stopped: 2 workers had run, 1 had to be killed; exit status 0") == 1);
}

TEST_CASE("supervisor: a second stop kills at once", "[supervisor]") {
  const auto signals =
      GENERATE(table<int, int>({{SIGTERM, SIGTERM}, {SIGINT, SIGTERM}, {SIGINT, SIGINT}}));
  const int second = std::get<1>(signals);
  SupervisorRun run(kStubborn, with_workers(2));
  REQUIRE(run.logs("consumes, ", 2));
  run.send(std::get<0>(signals));
  REQUIRE(run.logs("stopping ("));
  // One that follows at once is taken for the same; later ones are not.
  run.send(second);
  CHECK(run.logs("taken for the same stop"));
  CHECK(eventually([&] {
    run.send(second);
    return run.count_in_log("while stopping: killed worker 1 (process ") == 1;
  }));
  CHECK(run.exit_status() == 0);
  CHECK(run.left_nothing());
}

TEST_CASE("supervisor: a stop comes through while all workers wait for a restart", "[supervisor]") {
  SupervisorRun run("exit 69", with_workers(2));
  REQUIRE(run.logs("restart in ", 6));
  run.send(SIGTERM);
  CHECK(run.exit_status() == 0);
}

TEST_CASE("supervisor: a worker that comes to consume while it is stopped ends well",
          "[supervisor]") {
  SupervisorRun run(
      "trap 'ready; exit 0' TERM; touch $DIR/up\n"
      "while :; do sleep 0.01; done");
  REQUIRE(eventually([&] { return access((run.directory() / "up").c_str(), F_OK) == 0; }));
  run.send(SIGTERM);
  CHECK(run.exit_status() == 0);
  CHECK(run.count_in_log("exited with status 0 (done)") == 1);
}

TEST_CASE("supervisor: what a dead worker leaves running does not hold it up", "[supervisor]") {
  SupervisorRun run(
      "[ -e $DIR/left ] && { ready; exec sleep 60; }\n"
      "sleep 60 & echo $! >$DIR/left; exit 69");
  CHECK(run.logs("consumes, "));
  const pid_t left = std::stoi(read_file(run.directory() / "left"));
  kill(left, SIGKILL);
  CHECK(wait_status_of(left));
  run.send(SIGTERM);
  CHECK(run.exit_status() == 0);
}

TEST_CASE("supervisor: killed, it takes its workers along gently", "[supervisor]") {
  SupervisorRun run(
      "trap 'touch $DIR/asked$slot; exit 0' TERM; ready\n"
      "while :; do sleep 0.01; done",
      with_workers(2));
  REQUIRE(run.logs("consumes, ", 2));
  run.send(SIGKILL);
  CHECK(run.exit_status() == -1);
  for (pid_t worker : run.worker_pids()) CHECK(wait_status_of(worker) == 0);
  CHECK(access((run.directory() / "asked1").c_str(), F_OK) == 0);
  CHECK(access((run.directory() / "asked2").c_str(), F_OK) == 0);
}

TEST_CASE("supervisor: other signals do nothing to it", "[supervisor]") {
  SupervisorRun run(kGraceful);
  REQUIRE(run.logs("consumes, "));
  for (int signal : {SIGUSR2, SIGPIPE, SIGALRM}) run.send(signal);
  REQUIRE(run.logs(": no effect", 3));
  CHECK(run.worker_pids().size() == 1);
  run.send(SIGTERM);
  CHECK(run.exit_status() == 0);
}

TEST_CASE("supervisor: reaps children that it did not start", "[supervisor]") {
  RunOptions options;
  options.before = [] {
    for (int i = 0; i < 3; ++i)
      if (fork() == 0) _exit(i);
  };
  SupervisorRun run(kGraceful, options);
  REQUIRE(run.logs("consumes, "));
  CHECK(eventually([&] { return children_of(run.pid()).size() == 1; }));
  CHECK(run.count_in_log("exited") == 0);
  run.send(SIGTERM);
  CHECK(run.exit_status() == 0);
}

TEST_CASE("supervisor: a worker that closes its pipe unsaid does not keep it busy",
          "[supervisor]") {
  SupervisorRun run("eval \"exec $fd>&-\"; exec sleep 60", with_start_timeout(milliseconds(600)));
  CHECK(run.exit_status() == 69);
  CHECK(run.cpu_seconds() < 0.3);
}

TEST_CASE("supervisor: with closed standard descriptors a worker's output is no message",
          "[supervisor]") {
  RunOptions options = with_start_timeout(milliseconds(200));
  options.before = [] {
    for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) close(fd);
  };
  SupervisorRun run("echo lies; echo lies >&2; exec sleep 60", options);
  CHECK(run.exit_status() == 69);
}

}  // namespace
}  // namespace event_consumer::testing
