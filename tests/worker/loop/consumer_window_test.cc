// How many are taken after a hold, a lost link, or beside dead letters that wait.
#include "worker/loop/consumer.h"

#include "tests/fakes/loop_rig.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using testing::LoopRig;
using testing::Tags;
using Kind = SourceEvent::Kind;

TEST_CASE("consumer: what waits too long goes back, and is taken after a sign of life",
          "[consumer]") {
  LoopRig rig;
  rig.run({
              [&] { rig.delivers_good(); },
              [&] { rig.fails(ErrorClass::kConfiguration); },
              [&] { rig.time_passes(LoopRig::kHoldTimeout); },
              // The table is looked at first; the answer does not come in time.
              [&] {
                CHECK(rig.source->given_back_up_to.empty());
                CHECK(rig.source->cancel_calls == 1);
                rig.arrives(Kind::kCancelled);
              },
              [&] {
                CHECK(rig.source->given_back_up_to == Tags{1});
                CHECK((rig.state() == WorkerState::kHolding));
                CHECK(rig.source->consume_calls == 1);
                rig.table_is_unchanged();
              },
              [&] { CHECK(rig.source->consume_calls == 2); },
          })
      .ok();
}

// A DESCRIBE that works proves nothing: what is given back in a circle is dropped by a quorum
// queue.
TEST_CASE("consumer: after a hold one event is the probe, and stays in hand", "[consumer]") {
  LoopRig rig;
  rig.answers_inserts = false;
  std::vector<LoopRig::Step> steps = {
      [&] { rig.delivers_good(); },
      [&] { rig.fails(); },
      [&] { rig.time_passes(LoopRig::kHoldTimeout); },
      [&] { rig.arrives(Kind::kCancelled); },
      [&] { rig.deadline_comes(); },
      [&] { rig.table_is_unchanged(); },
      [&] {
        CHECK(rig.source->prefetches == std::vector<std::size_t>{100, 1});
        rig.delivers_good();
      },
  };
  // Refused for ever so long, it is not given back; stored, the window opens again.
  for (int i = 0; i < 50; ++i) {
    steps.push_back([&] {
      if (rig.inserter.under_way) rig.fails();
    });
    steps.push_back([&] { rig.time_passes(LoopRig::kHoldTimeout); });
  }
  steps.push_back([&] {
    CHECK(rig.record().in_hand == 1);
    CHECK(rig.source->cancel_calls == 1);
    CHECK(rig.source->given_back_up_to == Tags{1});
  });
  rig.run(std::move(steps)).ok();
}

TEST_CASE("consumer: the probe is not decided by what was posted before it", "[consumer]") {
  LoopRig rig;
  rig.answers_inserts = false;
  rig.window.given_back();
  rig.run({
              [&] { rig.delivers_good(); },
              [&] { rig.loses_link(); },
              [&] { rig.deadline_comes(); },
              [&] { rig.delivers_good(); },
              [&] { rig.time_passes(LoopRig::kHoldTimeout); },
              [&] { rig.stores(); },
              [&] { CHECK(rig.inserter.posts.size() == 2); },
              [&] {
                CHECK(rig.record().in_hand == 1);
                CHECK(rig.source->cancel_calls == 0);
              },
          })
      .ok();
}

// The consumer goes while it has no room, and before it gets some: what is on its way to one that
// is cancelled, a quorum queue counts as returned.
TEST_CASE("consumer: the window opens again with each stored insert", "[consumer]") {
  LoopRig rig(/*rows=*/1000, /*bytes=*/100'000);
  rig.window.given_back();
  std::vector<LoopRig::Step> steps;
  int cancelled = 0;
  for (int i = 0; i < 10; ++i) {
    steps.push_back([&] {
      for (std::size_t n = 0; n < rig.source->prefetches.back(); ++n) rig.delivers_good();
    });
    steps.push_back([&] { rig.stores(); });
    steps.push_back([&] {
      CHECK(rig.record().in_hand == 0);
      if (rig.source->cancel_calls == cancelled) return;
      cancelled = rig.source->cancel_calls;
      rig.arrives(Kind::kCancelled);
    });
  }
  rig.run(std::move(steps)).ok();
  CHECK(rig.source->prefetches == std::vector<std::size_t>{1, 4, 16, 64, 100});
  CHECK(rig.source->given_back.empty());
}

TEST_CASE("consumer: after a lost link the window begins with what was settled on it",
          "[consumer]") {
  LoopRig rig;
  rig.run({
              [&] { rig.delivers_good(); },
              [&] { rig.stores(); },
              [&] {
                rig.delivers_good();
                rig.delivers("bad");
              },
              [&] { rig.letters->to_confirm = 1; },
              [&] { rig.loses_link(); },
              [&] { rig.deadline_comes(); },
              [&] {
                CHECK(rig.source->prefetches == std::vector<std::size_t>{2});
                rig.loses_link();
              },
              [&] { rig.deadline_comes(); },
              [&] { CHECK(rig.source->prefetches == std::vector<std::size_t>{1}); },
          })
      .ok();
}

// It confirms none before its queue is emptied, and the probe would stay in hand until then.
TEST_CASE(
    "consumer: a probe that is a dead letter keeps no queue full for a broker short of memory",
    "[consumer]") {
  LoopRig rig;
  rig.window.given_back();
  rig.run({
              [&] {
                rig.letters->blocked = true;
                rig.delivers("bad");
              },
              [&] {
                CHECK(rig.source->cancel_calls == 1);
                rig.arrives(Kind::kCancelled);
              },
              [&] {
                CHECK(rig.source->prefetches == std::vector<std::size_t>{1, 3});
                rig.delivers_good();
              },
              [&] { rig.stores(); },
              [&] {
                CHECK(rig.record().in_hand == 1);
                CHECK(rig.record().counters.inserted == 1);
                rig.letters->blocked = false;
              },
          })
      .ok();
}

TEST_CASE("consumer: dead letters that a broker short of memory lets wait are not given back",
          "[consumer]") {
  LoopRig rig;
  std::vector<LoopRig::Step> steps = {[&] {
    rig.letters->blocked = true;
    rig.delivers("bad");
  }};
  for (int i = 0; i < 8; ++i) {
    steps.push_back([&] { rig.time_passes(LoopRig::kHoldTimeout / 2); });
    steps.push_back([&] { rig.delivers_good(); });
    steps.push_back([&] {
      if (rig.inserter.under_way) rig.stores();
    });
    steps.push_back([&] {
      if (rig.inserter.under_way) rig.table_is_unchanged();
    });
  }
  steps.push_back([&] {
    CHECK(rig.record().counters.inserted == 8);
    CHECK(rig.source->given_back_up_to.empty());
    CHECK((rig.state() == WorkerState::kConsuming));
  });
  rig.run(std::move(steps)).ok();
}

TEST_CASE("consumer: more is taken beside such letters once what came with them is stored",
          "[consumer]") {
  LoopRig rig;
  rig.run({
              [&] {
                rig.letters->blocked = true;
                rig.delivers("bad");
                rig.delivers_good();
              },
              [&] { rig.time_passes(LoopRig::kHoldTimeout / 2); },
              [&] {
                CHECK(rig.source->cancel_calls == 1);
                rig.arrives(Kind::kCancelled);
              },
              [&] { rig.stores(); },
              [&] {
                CHECK(rig.source->acknowledged_alone == Tags{2});
                CHECK(rig.source->prefetches == std::vector<std::size_t>{100, 99});
                CHECK(rig.source->given_back_up_to.empty());
              },
          })
      .ok();
}

TEST_CASE("consumer: what is to be given back waits for no letter of a broker short of memory",
          "[consumer]") {
  LoopRig rig;
  rig.run({
              [&] {
                rig.letters->blocked = true;
                rig.delivers_last();
                rig.delivers_good();
              },
              [&] { rig.fails(); },
              [&] { rig.time_passes(LoopRig::kHoldTimeout); },
              [&] { rig.arrives(Kind::kCancelled); },
              [&] {
                CHECK(rig.letters->letters.size() == 1);
                CHECK(rig.source->given_back_up_to.empty());
                rig.deadline_comes();
              },
              [&] { rig.table_is_unchanged(); },
              [&] { rig.stores(); },
              [&] {
                CHECK(rig.record().counters.inserted == 1);
                CHECK(rig.source->acknowledged_alone == Tags{2});
                CHECK(rig.source->consume_calls == 2);
                rig.letters->blocked = false;
              },
          })
      .ok();
}

TEST_CASE("consumer: what waited too long is not taken over a new link before its time",
          "[consumer]") {
  LoopRig rig;
  rig.run({
              [&] { rig.delivers_good(); },
              [&] { rig.fails(ErrorClass::kConfiguration); },
              [&] { rig.time_passes(LoopRig::kHoldTimeout); },
              [&] { rig.arrives(Kind::kCancelled); },
              [&] { rig.loses_link(); },
              [&] { rig.deadline_comes(); },
              [&] {
                CHECK(rig.link->is_up());
                CHECK((rig.state() == WorkerState::kHolding));
                CHECK(rig.source->consume_calls == 0);
                rig.table_is_unchanged();
              },
              [&] { CHECK(rig.source->consume_calls == 1); },
          })
      .ok();
}

// Deliveries lie in the socket for longer than the broker bears only while none is read (seed
// 199778 of the simulation).
TEST_CASE("consumer: a backlog of large events is taken as it is stored, and none is given back",
          "[consumer]") {
  LoopRig rig(/*rows=*/1, /*bytes=*/100);
  std::vector<LoopRig::Step> steps;
  for (int i = 0; i < 12; ++i)
    steps.push_back([&rig] {
      if (rig.inserter.under_way) rig.stores();
      for (int event = 0; event < 10; ++event)
        rig.delivers(R"({"code":")" + std::string(80, 'x') + "\"}");
      rig.time_passes(std::chrono::seconds(3));
    });
  steps.push_back([&rig] {
    CHECK_FALSE(rig.settlement->may_take());
    CHECK(rig.source->cancel_calls == 0);
  });
  rig.run(steps).ok();
}

}  // namespace
}  // namespace event_consumer
