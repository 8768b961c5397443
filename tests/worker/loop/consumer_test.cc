// The lines of Intake's drawing (intake.h) in a whole loop: when deliveries are taken, and when
// not.
#include "worker/loop/consumer.h"

#include "common/text.h"
#include "tests/fakes/loop_rig.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using std::chrono::seconds;
using testing::LoopRig;
using testing::Tags;
using Kind = SourceEvent::Kind;

TEST_CASE("consumer: a pause cancels, gives back what still comes, and ends", "[consumer]") {
  LoopRig rig;
  rig.run({
              [&] { rig.events.raise(SIGTSTP); },
              [&] {
                CHECK(rig.source->cancel_calls == 1);
                CHECK((rig.state() == WorkerState::kHolding));
                CHECK(rig.record().reason.str() == "paused by an operator");
                rig.delivers_good();
              },
              // A quorum queue would hand it to the same consumer again, and count that twice.
              [&] {
                CHECK(rig.source->given_back.empty());
                rig.events.raise(SIGCONT);
              },
              // The consumer that is being cancelled does not come back before it is.
              [&] {
                CHECK(rig.source->consume_calls == 1);
                rig.arrives(Kind::kCancelled);
              },
              [&] {
                CHECK(rig.source->given_back == Tags{1});
                CHECK(rig.source->consume_calls == 2);
                CHECK((rig.state() == WorkerState::kConsuming));
              },
          })
      .ok();
}

TEST_CASE("consumer: a pause during another hold is shown, and the hold after it again",
          "[consumer]") {
  LoopRig rig;
  rig.run({
              [&] { rig.delivers_good(); },
              [&] { rig.fails(ErrorClass::kConfiguration); },
              [&] { rig.time_passes(LoopRig::kHoldTimeout); },
              [&] { rig.events.raise(SIGTSTP); },
              [&] {
                CHECK(rig.record().reason.str() == "paused by an operator");
                rig.arrives(Kind::kCancelled);
              },
              [&] { rig.events.raise(SIGCONT); },
              [&] {
                CHECK((rig.state() == WorkerState::kHolding));
                CHECK(contains(rig.record().reason.str(), "has taken nothing"));
                rig.table_is_unchanged();
              },
          })
      .ok();
}

TEST_CASE("consumer: one that is started into a pause does not consume", "[consumer]") {
  LoopRig rig;
  SupervisorRecord supervisor{};
  supervisor.paused = 1;
  rig.status.board().supervisor().publish(supervisor);
  rig.run({
              [&] {
                CHECK(rig.source->consume_calls == 0);
                CHECK((rig.state() == WorkerState::kHolding));
                CHECK(rig.messages() == "c");
                rig.events.raise(SIGCONT);
              },
              [&] { CHECK(rig.source->consume_calls == 1); },
          })
      .ok();
}

TEST_CASE("consumer: too much held is left in the socket, then given back", "[consumer]") {
  LoopRig rig(/*rows=*/1, /*bytes=*/20);
  rig.run({
              [&] {
                for (int i = 0; i < 6; ++i) rig.delivers_good();
              },
              [&] {
                CHECK(rig.source->last_tag == 5);  // of 16 bytes each: four times 20 are reached
                CHECK_FALSE(rig.events.awaits(rig.source->fd()));
                CHECK((rig.state() == WorkerState::kHolding));
                rig.deadline_comes();
              },
              [&] { rig.time_passes(seconds(10)); },
              [&] {
                CHECK(rig.source->cancel_calls == 1);
                CHECK(rig.record().reason.str() ==
                      "too many bytes wait for ClickHouse or for the dead-letter queue");
              },
              [&] {
                CHECK(rig.source->given_back.empty());
                rig.arrives(Kind::kCancelled);
              },
              [&] {
                CHECK(rig.source->given_back == Tags{6});
                rig.stores();
              },
              [&] { rig.stores(); },
              [&] {
                CHECK(rig.source->consume_calls == 1);
                rig.stores();
              },
              [&] { CHECK(rig.source->consume_calls == 2); },
          })
      .ok();
  CHECK(rig.record().counters.inserted == 5);
}

TEST_CASE("consumer: a dead-letter queue that refuses stops the consumer until it takes",
          "[consumer]") {
  LoopRig rig;
  rig.run({
              [&] { rig.delivers("bad"); },
              [&] {
                rig.letters->refusal = Error{ErrorKind::kConfiguration, "it is full"};
                rig.letters->refusing = true;
              },
              [&] {
                CHECK(rig.source->cancel_calls == 1);
                CHECK(rig.record().reason.str() == "it is full");
                CHECK(rig.record().last_error.str() == "it is full");
                rig.arrives(Kind::kCancelled);
              },
              [&] {
                CHECK(rig.source->consume_calls == 1);
                rig.deadline_comes();
              },
              [&] {
                CHECK(rig.letters->tries == 1);
                CHECK(rig.source->consume_calls == 2);
                rig.letters->to_confirm = 1;
              },
              [&] { CHECK(rig.source->acknowledged == Tags{1}); },
          })
      .ok();
  CHECK(rig.record().counters.all_dead_lettered() == 1);
}

}  // namespace
}  // namespace event_consumer
