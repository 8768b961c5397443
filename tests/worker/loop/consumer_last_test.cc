// What waits though it is at its last delivery.
#include "worker/loop/consumer.h"

#include "tests/fakes/loop_rig.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using std::chrono::seconds;
using testing::LoopRig;
using testing::Tags;
using Kind = SourceEvent::Kind;

// The broker's consumer_timeout would be the end of it.
TEST_CASE("consumer: a probe at its last delivery is dead-lettered when it has waited too long",
          "[consumer]") {
  LoopRig rig;
  rig.window.given_back();
  rig.run({
              [&] { rig.delivers_last(); },
              [&] { rig.fails(); },
              [&] { rig.time_passes(LoopRig::kHoldTimeout); },
              [&] {
                CHECK(rig.source->cancel_calls == 1);
                rig.arrives(Kind::kCancelled);
              },
              [&] {
                REQUIRE(rig.letters->letters.size() == 1);
                CHECK((rig.letters->letters[0].rejection.reason == Reason::kDeliveryLimit));
                // Nothing is due before the confirm.
                CHECK(*rig.events.deadline > rig.events.time);
                rig.letters->to_confirm = 1;
              },
              [&] {
                CHECK(rig.source->acknowledged == Tags{1});
                CHECK(rig.source->given_back_up_to.empty());
                rig.table_is_unchanged();
              },
              [&] {
                CHECK(rig.source->prefetches == std::vector<std::size_t>{1, 1});
              },
          })
      .ok();
}

// As long as nothing else comes nobody decides about it, and the broker's consumer_timeout comes.
TEST_CASE("consumer: what waits for others at its last delivery is dead-lettered after a hold",
          "[consumer]") {
  LoopRig rig(/*rows=*/1000, /*bytes=*/100'000);
  rig.run({
              [&] { rig.delivers(R"({"id":1})"); },
              [&] {
                rig.source->arriving.push_back({Kind::kDelivery, R"({"id":2})", /*is_last=*/true});
              },
              [&] { rig.time_passes(LoopRig::kHoldTimeout - seconds(1)); },
              [&] {
                CHECK(rig.source->cancel_calls == 0);
                CHECK(*rig.events.deadline <= rig.events.time + seconds(1));
                rig.time_passes(seconds(1));
              },
              [&] {
                CHECK(rig.source->cancel_calls == 1);
                rig.arrives(Kind::kCancelled);
                rig.table_is_unchanged();
              },
              [&] {
                REQUIRE(rig.letters->letters.size() == 1);
                CHECK(rig.letters->letters[0].tag == 2);
                CHECK((rig.letters->letters[0].rejection.reason == Reason::kDeliveryLimit));
                CHECK(*rig.events.deadline > rig.events.time);
                rig.letters->to_confirm = 1;
              },
              [&] {
                CHECK(rig.record().counters.all_dead_lettered() == 1);
                CHECK(rig.record().in_hand == 1);
                CHECK(rig.source->given_back_up_to.empty());
              },
          })
      .ok();
}

// It alone: what came beside it has not waited (seed 94544 of the simulation).
TEST_CASE("consumer: beside a probe that has waited too long, only the last delivery goes",
          "[consumer]") {
  LoopRig rig;
  rig.window.given_back();
  rig.run({
              [&] { rig.delivers_good(); },
              [&] { rig.fails(); },
              [&] { rig.time_passes(LoopRig::kHoldTimeout); },
              [&] {
                CHECK(rig.source->cancel_calls == 0);
                rig.delivers_last();
              },
              [&] {
                CHECK(rig.source->cancel_calls == 1);
                rig.arrives(Kind::kCancelled);
              },
              [&] {
                REQUIRE(rig.letters->letters.size() == 1);
                CHECK((rig.letters->letters[0].rejection.reason == Reason::kDeliveryLimit));
                rig.letters->to_confirm = 1;
              },
              [&] {
                CHECK(rig.source->given_back.empty());
                CHECK(rig.source->given_back_up_to.empty());
                CHECK(rig.settlement->in_flight().in_hand() == 1);
              },
          })
      .ok();
}

// The others stay: a return would count against their limit (seed 31583 of the simulation). No more
// are taken meanwhile, which might be at their last delivery, too.
TEST_CASE("consumer: while links break and inserts fail, a last delivery is not waited for",
          "[consumer]") {
  LoopRig rig(/*rows=*/2);
  rig.run({
              [&] { rig.loses_link(); },
              [&] { rig.deadline_comes(); },
              [&] { rig.delivers_good(); },
              [&] { rig.delivers_last(); },
              [&] {
                CHECK(rig.source->cancel_calls == 0);
                rig.fails();
              },
              [&] {
                CHECK(rig.source->cancel_calls == 1);
                rig.arrives(Kind::kCancelled);
              },
              [&] {
                REQUIRE(rig.letters->letters.size() == 1);
                CHECK(rig.letters->letters[0].tag == 2);
                rig.letters->to_confirm = 1;
              },
              [&] {
                CHECK(rig.record().counters.all_dead_lettered() == 1);
                CHECK(rig.source->consume_calls == 1);
                rig.deadline_comes();
              },
              [&] { rig.table_is_unchanged(); },
              [&] {
                CHECK(rig.source->consume_calls == 2);
                CHECK(rig.inserter.posts.back().tags == Tags{1});
                CHECK(rig.source->acknowledged_alone == Tags{2});
                rig.stores();
              },
              [&] { CHECK(rig.source->acknowledged == Tags{1}); },
          })
      .ok();
  CHECK(rig.record().counters.inserted == 1);
  CHECK(rig.record().counters.returned == 0);
}

TEST_CASE("consumer: while links break, what waits for others is not kept at its last delivery",
          "[consumer]") {
  LoopRig rig(/*rows=*/1000, /*bytes=*/100'000);
  rig.run({
              [&] { rig.loses_link(); },
              [&] { rig.deadline_comes(); },
              [&] {
                rig.source->arriving.push_back({Kind::kDelivery, R"({"id":1})", /*is_last=*/true});
              },
              [&] {
                CHECK(rig.source->cancel_calls == 1);
                rig.arrives(Kind::kCancelled);
              },
              [&] {
                REQUIRE(rig.letters->letters.size() == 1);
                CHECK((rig.letters->letters[0].rejection.reason == Reason::kDeliveryLimit));
                rig.letters->to_confirm = 1;
              },
              [&] { CHECK(rig.source->acknowledged == Tags{1}); },
          })
      .ok();
  CHECK(rig.record().counters.returned == 0);
}

}  // namespace
}  // namespace event_consumer
