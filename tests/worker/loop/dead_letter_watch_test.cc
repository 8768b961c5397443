#include "worker/loop/dead_letter_watch.h"

#include "tests/fakes/captured_log.h"
#include "tests/fakes/settlement_rig.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using std::chrono::seconds;
using testing::CapturedLog;
using testing::SettlementRig;
using testing::Tags;

class WatchRig : public SettlementRig {
 public:
  WatchRig() { watch.link_made("queue q"); }

  Result<Done> work() { return watch.work(dead_letters, now); }
  void refuse(const std::string& why) {
    dead_letters.refusing = true;
    dead_letters.refusal = Error{ErrorKind::kConfiguration, why};
  }

  WorkerStatus status{std::move(*WorkerStatus::open(CommandLine{}))};
  DeadLetterWatch watch{settlement, status};
};

TEST_CASE("dead letter watch: what is confirmed is settled", "[dead_letter_watch]") {
  WatchRig rig;
  rig.take_bad();
  rig.take_bad();
  rig.dead_letters.to_confirm = 2;
  CHECK(rig.work().ok());
  CHECK(rig.source.acknowledged == Tags{1, 2});
}

TEST_CASE("dead letter watch: a refusal is said once, tried again, and over",
          "[dead_letter_watch]") {
  WatchRig rig;
  const CapturedLog log;
  rig.take_bad();
  for (int i = 1; i <= 3; ++i) {
    rig.refuse("full");
    CHECK(rig.work().ok());
    CHECK(rig.watch.fault() == "full");
    CHECK(rig.status.record().last_error.str() == "full");
    REQUIRE(rig.watch.deadline());
    CHECK(rig.dead_letters.tries == i - 1);
    rig.now = *rig.watch.deadline();
    rig.dead_letters.refusal = Error{ErrorKind::kConfiguration, "full"};
    if (i == 3) rig.dead_letters.refusal.reset();
    CHECK(rig.work().ok());
    if (i < 3) rig.now = *rig.watch.deadline() - Duration(1);
    rig.dead_letters.tries = i;
  }
  CHECK(rig.watch.fault().empty());
  CHECK_FALSE(rig.watch.deadline());
  CHECK(log.lines_with("full; nothing is lost") == 1);
  CHECK(log.lines_with("takes messages again") == 1);
}

TEST_CASE("dead letter watch: a lost link is an error", "[dead_letter_watch]") {
  WatchRig rig;
  rig.dead_letters.lost = Error{ErrorKind::kLinkLost, "gone"};
  const auto done = rig.work();
  REQUIRE_FALSE(done.ok());
  CHECK(done.error().message == "gone");
}

TEST_CASE("dead letter watch: the queue is counted now and then, and many are said once",
          "[dead_letter_watch]") {
  WatchRig rig;
  const CapturedLog log;
  CHECK(rig.work().ok());
  CHECK(rig.work().ok());
  CHECK(rig.dead_letters.count_questions == 1);
  rig.dead_letters.messages = 100'001;
  rig.now += seconds(10);
  CHECK(rig.work().ok());
  CHECK(rig.work().ok());
  CHECK(rig.dead_letters.count_questions == 2);
  CHECK(rig.status.record().dead_letter_queue_messages == 100'001);
  CHECK(log.lines_with("100001 messages lie in the dead-letter queue of queue q") == 1);
}

TEST_CASE("dead letter watch: a new link begins without a fault", "[dead_letter_watch]") {
  WatchRig rig;
  rig.refuse("full");
  CHECK(rig.work().ok());
  rig.watch.link_made("queue q");
  CHECK(rig.watch.fault().empty());
  CHECK_FALSE(rig.watch.deadline());
}

}  // namespace
}  // namespace event_consumer
