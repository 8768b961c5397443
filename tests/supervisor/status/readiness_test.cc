#include "supervisor/status/readiness.h"

#include "tests/fakes/board_rig.h"
#include "tests/support/catch.h"

namespace event_consumer {

using std::chrono::seconds;

TEST_CASE("readiness: an error that is over is not why") {
  BoardRig rig(Clock::now(), 1);
  rig.worker(1, [](WorkerRecord& record) {
    record.state = WorkerState::kHolding;
    record.reason.set("too many bytes wait");
    record.last_error.set("cannot connect");
    record.last_error_at = 1;
    record.last_error_over_at = 2;
  });
  CHECK(why_not_ready(rig.board, Clock::now()) == "worker 1: too many bytes wait");
}

TEST_CASE("readiness: one worker that consumes and stores is enough") {
  const TimePoint now = Clock::now();
  BoardRig rig(now, 2);
  rig.worker(1, [](WorkerRecord& record) {
    record.state = WorkerState::kConnecting;
    record.last_error.set("cannot connect");
  });
  CHECK(why_not_ready(rig.board, now) == "worker 1: cannot connect");
  rig.worker(2);
  CHECK(why_not_ready(rig.board, now).empty());
}

TEST_CASE("readiness: an instance whose inserts all fail says with what") {
  const TimePoint now = Clock::now();
  BoardRig rig(now, 1);
  rig.worker(1, [](WorkerRecord& record) {
    record.insert_failing = 1;
    record.last_error.set("ClickHouse ch:8123: cannot connect");
  });
  CHECK(why_not_ready(rig.board, now) == "worker 1: ClickHouse ch:8123: cannot connect");
}

TEST_CASE("readiness: starting, pausing and stopping are not ready") {
  const TimePoint now = Clock::now();
  BoardRig rig(now, 1);
  CHECK(why_not_ready(rig.board, now) == "no worker consumes yet");
  rig.worker(1);
  rig.supervisor.paused = 1;
  rig.publish();
  CHECK(why_not_ready(rig.board, now).find("paused by an operator") == 0);
  rig.supervisor.state = InstanceState::kStopping;
  rig.publish();
  CHECK(why_not_ready(rig.board, now) == "stopping");
  CHECK(why_not_alive(rig.board, now).empty());
}

TEST_CASE("liveness: a supervisor whose loop stands still is neither alive nor ready") {
  const TimePoint now = Clock::now();
  BoardRig rig(now, 1);
  rig.worker(1);
  CHECK(why_not_alive(rig.board, now + seconds(14)).empty());
  CHECK(why_not_alive(rig.board, now + seconds(60)) ==
        "the supervisor has shown no sign of life for 60 s");
  CHECK(why_not_ready(rig.board, now + seconds(60)) == why_not_alive(rig.board, now + seconds(60)));
}

}  // namespace event_consumer
