// A stop in a whole loop: what is in hand is inserted, settled, or given back once.
#include "worker/loop/consumer.h"

#include "tests/fakes/loop_rig.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using std::chrono::seconds;
using testing::LoopRig;
using testing::Tags;
using Kind = SourceEvent::Kind;

TEST_CASE("consumer: a stop inserts what it has, leaves what comes, and then settles",
          "[consumer]") {
  LoopRig rig;
  rig.run({
              [&] { rig.delivers_good(); },
              [&] { rig.events.raise(SIGINT); },
              [&] {
                CHECK(rig.source->cancel_calls == 1);
                CHECK((rig.state() == WorkerState::kDraining));
                rig.delivers_good();
              },
              [&] {
                CHECK(rig.record().counters.received == 2);
                CHECK(rig.record().in_hand == 2);
                rig.stores();
              },
              [&] {
                CHECK(rig.source->acknowledged == Tags{1});
                // The queue has not answered the cancel yet.
                CHECK(rig.source->settle_calls == 0);
                rig.arrives(Kind::kCancelled);
              },
              [&] {
                CHECK(rig.source->settle_calls == 1);
                CHECK(rig.source->given_back_up_to == Tags{2});
                CHECK(rig.record().in_hand == 0);
              },
          })
      .ok();
  CHECK(rig.source->given_back.empty());
  CHECK(rig.source->closed);
}

TEST_CASE("consumer: a stop that is late lets go of what is not stored", "[consumer]") {
  LoopRig rig;
  rig.answers_inserts = false;
  rig.run({
              [&] { rig.delivers_good(); },
              [&] { rig.events.raise(SIGTERM); },
              [&] { rig.time_passes(LoopRig::kStopTimeout - seconds(3)); },
              [&] { CHECK(rig.source->settle_calls == 1); },
          })
      .ok();
  CHECK(rig.record().counters.inserted == 0);
  CHECK(rig.source->closed);
}

TEST_CASE("consumer: a broker that does not answer a stop is dropped", "[consumer]") {
  LoopRig rig;
  const testing::FakeSource* source = rig.source;
  bool dropped = false;
  rig.run({
              [&] { rig.events.raise(SIGTERM); },
              [&] { rig.arrives(Kind::kCancelled); },
              [&] {
                CHECK(source->settle_calls == 1);
                dropped = true;
                rig.time_passes(seconds(2));
              },
          })
      .ok();
  CHECK(dropped);
  CHECK_FALSE(rig.link->is_up());
}

TEST_CASE("consumer: a stop during a pause is a stop", "[consumer]") {
  for (const bool cancelled : {false, true}) {
    LoopRig rig;
    rig.run({
                [&] { rig.events.raise(SIGTSTP); },
                [&] {
                  if (cancelled) rig.arrives(Kind::kCancelled);
                },
            })
        .ok();
    CHECK(rig.source->cancel_calls == 1);
    CHECK(rig.source->settle_calls == 1);
    CHECK(rig.source->closed);
  }
}

TEST_CASE("consumer: a stop gives back what came late with all the rest", "[consumer]") {
  LoopRig rig;
  rig.run({
              [&] { rig.events.raise(SIGTSTP); },
              [&] { rig.delivers_good(); },
              [&] { rig.events.raise(SIGTERM); },
              [&] {
                CHECK(rig.record().in_hand == 1);
                CHECK(rig.source->given_back.empty());
                rig.arrives(Kind::kCancelled);
              },
              [&] { CHECK(rig.source->settle_calls == 1); },
          })
      .ok();
  CHECK(rig.source->given_back.empty());
  CHECK(rig.source->given_back_up_to == Tags{1});
  CHECK(rig.source->closed);
}

TEST_CASE("consumer: a stop acknowledges what is stored behind what is not", "[consumer]") {
  LoopRig rig;
  rig.run({
              [&] { rig.delivers("bad"); },
              [&] { rig.delivers_good(); },
              [&] { rig.delivers_good(); },
              [&] { rig.stores(); },
              [&] { rig.events.raise(SIGTERM); },
              [&] { rig.arrives(Kind::kCancelled); },
              // The dead letter is not confirmed, the last event not stored.
              [&] { rig.time_passes(LoopRig::kStopTimeout); },
              [&] {
                CHECK(rig.source->given_back_up_to == Tags{1, 3});
                CHECK(rig.source->acknowledged == Tags{2});
                CHECK(rig.source->settle_calls == 1);
              },
          })
      .ok();
  CHECK(rig.record().counters.inserted == 1);
  CHECK(rig.record().counters.returned == 2);
}

TEST_CASE("consumer: a stop dead-letters what its queue would drop, and waits for the confirm",
          "[consumer]") {
  LoopRig rig;
  rig.run({
              [&] { rig.delivers_last(); },
              [&] { rig.fails(); },
              [&] { rig.events.raise(SIGTERM); },
              [&] { rig.arrives(Kind::kCancelled); },
              [&] {
                REQUIRE(rig.letters->letters.size() == 1);
                CHECK(rig.source->settle_calls == 0);
                rig.letters->to_confirm = 1;
              },
              [&] {
                CHECK(rig.source->acknowledged == Tags{1});
                CHECK(rig.source->settle_calls == 1);
              },
          })
      .ok();
}

// A queue that does not confirm keeps no worker from stopping.
TEST_CASE("consumer: a stop that is late gives a dead letter one second more", "[consumer]") {
  LoopRig rig;
  rig.run({
              [&] { rig.delivers_last(); },
              [&] { rig.events.raise(SIGTERM); },
              [&] { rig.arrives(Kind::kCancelled); },
              [&] {
                CHECK(rig.letters->letters.empty());
                rig.time_passes(LoopRig::kStopTimeout - seconds(3));
              },
              [&] {
                CHECK(rig.letters->letters.size() == 1);
                CHECK(rig.source->settle_calls == 0);
                rig.time_passes(seconds(1));
              },
              [&] { CHECK(rig.source->settle_calls == 1); },
          })
      .ok();
}

// As long as the cancel is not answered more comes.
TEST_CASE("consumer: a stop acknowledges what is confirmed while the broker is asked",
          "[consumer]") {
  LoopRig rig;
  rig.answers_inserts = false;
  rig.run({
              [&] { rig.delivers_good(); },
              [&] { rig.events.raise(SIGTERM); },
              [&] { rig.time_passes(LoopRig::kStopTimeout - seconds(3)); },
              [&] {
                CHECK(rig.source->settle_calls == 1);
                rig.source->arriving.push_back({Kind::kDelivery, "bad", /*is_last=*/true});
              },
              [&] { rig.letters->to_confirm = 1; },
              [&] { rig.arrives(Kind::kCancelled); },
              [&] { rig.arrives(Kind::kSettled); },
          })
      .ok();
  CHECK(rig.source->acknowledged_alone == Tags{2});
  CHECK(rig.source->closed);
}

TEST_CASE("consumer: a stop does not go over a last delivery that comes while the broker is asked",
          "[consumer]") {
  LoopRig rig;
  const bool is_stored = GENERATE(true, false);
  rig.run({
              [&] { rig.events.raise(SIGTERM); },
              [&] { rig.time_passes(LoopRig::kStopTimeout - seconds(3)); },
              [&] {
                CHECK(rig.source->settle_calls == 1);
                rig.delivers_last();
              },
              [&] { rig.arrives(Kind::kCancelled); },
              [&] { rig.arrives(Kind::kSettled); },
              [&] {
                CHECK_FALSE(rig.source->closed);
                is_stored ? rig.stores() : rig.fails();
              },
          })
      .ok();
  CHECK(rig.source->closed);
  CHECK(rig.source->acknowledged == Tags{1});
  CHECK(rig.letters->letters.size() == (is_stored ? 0 : 1));
}

}  // namespace
}  // namespace event_consumer
