#include "supervisor/worker_process.h"

#include "tests/supervisor/idle_process.h"
#include "tests/support/catch.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

constexpr TimePoint kStart = TimePoint(std::chrono::hours(1));
constexpr RowAddress kAddress{3, 1};

TEST_CASE("worker process: starts", "[worker_process]") {
  IdleProcess idle;
  const WorkerProcess worker = idle.worker(kAddress, ProcessState::kStarting, kStart);
  CHECK(worker.state() == ProcessState::kStarting);
  CHECK(worker.pid() == idle.pid());
  CHECK(worker.name() == "worker 3 (process " + std::to_string(idle.pid()) + ")");
  CHECK(worker.lived(kStart + seconds(4)) == seconds(4));
  CHECK_FALSE(worker.consumed_for(kStart + seconds(4)));
}

TEST_CASE("worker process: consumes", "[worker_process]") {
  IdleProcess idle;
  WorkerProcess worker =
      idle.worker(kAddress, GENERATE(ProcessState::kStarting, ProcessState::kReplacing), kStart);
  worker.consumes(kStart + seconds(2));
  CHECK(worker.state() == ProcessState::kConsuming);
  CHECK(worker.lived(kStart + seconds(4)) == seconds(4));
  CHECK(worker.consumed_for(kStart + seconds(4)) == seconds(2));
  worker.consumes(kStart + seconds(3));
  CHECK(worker.consumed_for(kStart + seconds(4)) == seconds(2));
}

TEST_CASE("worker process: a stop is final", "[worker_process]") {
  IdleProcess idle;
  WorkerProcess worker =
      idle.worker(kAddress, GENERATE(ProcessState::kStarting, ProcessState::kReplacing), kStart);
  if (GENERATE(true, false)) worker.consumes(kStart + seconds(2));
  const auto consumed_for = worker.consumed_for(kStart + seconds(4));
  worker.ask_to_stop();
  CHECK(worker.state() == ProcessState::kStopping);
  worker.consumes(kStart + seconds(3));
  worker.ask_to_stop();
  CHECK(worker.state() == ProcessState::kStopping);
  CHECK(worker.consumed_for(kStart + seconds(4)) == consumed_for);
  CHECK(idle.ended_by() == SIGTERM);
}

TEST_CASE("worker process: reads its messages until the pipe ends", "[worker_process]") {
  IdleProcess idle;
  WorkerProcess worker = idle.worker(kAddress, ProcessState::kStarting, kStart);
  idle.write_messages("cr?");
  CHECK(worker.messages_fd() >= 0);
  CHECK(worker.read_message() == WorkerMessage::kConsumes);
  CHECK_FALSE(worker.asks_for_recycling());
  CHECK(worker.read_message() == WorkerMessage::kAsksForRecycling);
  CHECK(worker.asks_for_recycling());
  worker.read_message();
  CHECK(worker.read_message() == std::nullopt);
  CHECK(worker.messages_fd() == -1);
  CHECK(worker.read_message() == std::nullopt);
}

TEST_CASE("worker process: knows how it was ended by force", "[worker_process]") {
  IdleProcess idle;
  WorkerProcess worker = idle.worker(kAddress, ProcessState::kConsuming, kStart);
  CHECK_FALSE(worker.has_hung());
  CHECK_FALSE(worker.is_killed());
  SECTION("because it hung") {
    worker.abort(kStart + seconds(9));
    CHECK(worker.has_hung());
    CHECK(worker.aborted_at() == kStart + seconds(9));
    CHECK_FALSE(worker.is_killed());
    CHECK(idle.ended_by() == SIGABRT);
  }
  SECTION("because SIGABRT was not enough") {
    worker.abort(kStart + seconds(9));
    worker.kill();
    CHECK(worker.has_hung());
    CHECK(worker.is_killed());
  }
  SECTION("because it took too long") {
    worker.kill();
    CHECK(worker.is_killed());
    CHECK_FALSE(worker.has_hung());
    CHECK(idle.ended_by() == SIGKILL);
  }
}

TEST_CASE("worker process: a pause that comes at once does not stop it", "[worker_process]") {
  const PrivateDirectory directory;
  const std::string path = directory.write_script("worker", "exec sleep 600");
  auto worker = WorkerProcess::start(
      {path, {"PATH=/usr/bin:/bin"}, signal_set({SIGUSR2}), STDERR_FILENO, STDERR_FILENO, {}, {}},
      kAddress, ProcessState::kStarting, kStart);
  REQUIRE(worker);
  CHECK(eventually([&] { return executes(worker->pid(), "sleep"); }));
  CHECK(signals_in(worker->pid(), "SigBlk") == (1U << (SIGUSR2 - 1) | 1U << (SIGTSTP - 1)));
  worker->send(SIGKILL);
  CHECK(wait_status_of(worker->pid()));
}

TEST_CASE("worker process: what cannot be started is no process", "[worker_process]") {
  const auto worker =
      WorkerProcess::start({"/nowhere/at-all", {}, {}, STDERR_FILENO, STDERR_FILENO, {}, {}},
                           kAddress, ProcessState::kStarting, kStart);
  REQUIRE_FALSE(worker.ok());
  CHECK(worker.error().message == "execve /nowhere/at-all: No such file or directory");
}

}  // namespace
}  // namespace event_consumer::testing
