// The lines of the loop's drawing (intake.h), each state with each event that can come in it.
#include "worker/loop/worker_loop.h"

#include "common/text.h"
#include "tests/fakes/loop_rig.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using std::chrono::seconds;
using testing::LoopRig;
using testing::Tags;
using Kind = SourceEvent::Kind;

TEST_CASE("worker loop: consumes, stores, acknowledges and stops", "[worker_loop]") {
  LoopRig rig;
  const auto done = rig.run({
      [&] {
        CHECK(rig.source->consume_calls == 1);
        CHECK((rig.state() == WorkerState::kConsuming));
        CHECK(rig.messages().empty());
        rig.arrives(Kind::kConsuming);
      },
      [&] {
        CHECK(rig.messages() == "c");
        CHECK(rig.events.awaits(rig.source->fd()));
        CHECK(rig.events.awaits(rig.inserter.fd()));
        rig.delivers_good();
      },
      [&] {
        CHECK(rig.record().in_hand == 1);
        rig.stores();
      },
      [&] { CHECK(rig.source->acknowledged == Tags{1}); },
  });
  CHECK(done.ok());
  CHECK(rig.record().counters.inserted == 1);
  CHECK(rig.source->closed);
  CHECK(rig.letters->closed);
  CHECK((rig.state() == WorkerState::kDraining));
}

TEST_CASE("worker loop: a stop inserts what it has, leaves what comes, and then settles",
          "[worker_loop]") {
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

TEST_CASE("worker loop: a stop that is late lets go of what is not stored", "[worker_loop]") {
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

TEST_CASE("worker loop: a broker that does not answer a stop is dropped", "[worker_loop]") {
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

TEST_CASE("worker loop: a pause cancels, gives back what still comes, and ends", "[worker_loop]") {
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

TEST_CASE("worker loop: a pause during another hold is shown, and the hold after it again",
          "[worker_loop]") {
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

TEST_CASE("worker loop: a stop during a pause is a stop", "[worker_loop]") {
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

TEST_CASE("worker loop: one that is started into a pause does not consume", "[worker_loop]") {
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

TEST_CASE("worker loop: too much held is left in the socket, then given back", "[worker_loop]") {
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

TEST_CASE("worker loop: what waits too long goes back, and is taken after a sign of life",
          "[worker_loop]") {
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
TEST_CASE("worker loop: after a hold one event is the probe, and stays in hand", "[worker_loop]") {
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

TEST_CASE("worker loop: a stop gives back what came late with all the rest", "[worker_loop]") {
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

TEST_CASE("worker loop: a stop acknowledges what is stored behind what is not", "[worker_loop]") {
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

TEST_CASE("worker loop: the probe is not decided by what was posted before it", "[worker_loop]") {
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
TEST_CASE("worker loop: the window opens again with each stored insert", "[worker_loop]") {
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

// The batch would be taken for under way for ever.
TEST_CASE("worker loop: an outcome counts also when the link is lost over making use of it",
          "[worker_loop]") {
  LoopRig rig;
  rig.window.given_back();
  rig.run({
              [&] { rig.delivers_good(); },
              [&] { rig.stores(); },
              [&] { rig.delivers_good(); },
              [&] {
                rig.source->fault = Error{ErrorKind::kLinkLost, "the link broke"};
                rig.stores();
              },
              [&] {
                CHECK_FALSE(rig.link->is_up());
                rig.deadline_comes();
              },
              [&] { rig.delivers_good(); },
              [&] {
                REQUIRE(rig.inserter.posts.size() == 3);
                rig.stores();
              },
              [&] { CHECK(rig.source->acknowledged == Tags{1}); },
          })
      .ok();
}

TEST_CASE("worker loop: after a lost link the window begins with what was settled on it",
          "[worker_loop]") {
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

TEST_CASE("worker loop: a window of events that do not fit opens, then they go back for good",
          "[worker_loop]") {
  LoopRig rig(/*rows=*/1000, /*bytes=*/100'000);
  rig.window.given_back();
  std::vector<LoopRig::Step> steps;
  for (const std::size_t prefetch : {1, 4, 16, 64, 100}) {
    steps.push_back([&rig, prefetch] {
      CHECK(rig.source->prefetches.back() == prefetch);
      for (std::size_t n = rig.record().in_hand; n < prefetch; ++n) rig.delivers(R"({"id":1})");
    });
    steps.push_back([&rig] {
      CHECK(rig.source->given_back_up_to.empty());
      rig.arrives(Kind::kCancelled);
    });
  }
  steps.push_back([&] {
    CHECK(rig.source->given_back_up_to == Tags{100});
    CHECK((rig.state() == WorkerState::kHolding));
    CHECK(contains(rig.record().reason.str(), "has a key that is a column"));
    rig.deadline_comes();
  });
  for (int look = 0; look < 3; ++look) {
    steps.push_back([&] {
      CHECK(rig.source->consume_calls == 5);
      rig.table_is_unchanged();
    });
    steps.push_back([&] { rig.deadline_comes(); });
  }
  steps.push_back([&] { rig.table_is_unchanged(); });
  CHECK(rig.run(std::move(steps)).ok());
  CHECK(rig.record().counters.all_dead_lettered() == 0);
  CHECK(rig.record().counters.returned == 100);
}

// After a hold, bad events at the head of the queue would be all that this worker ever sees.
TEST_CASE("worker loop: a probe that is refused with none to compare it with brings others",
          "[worker_loop]") {
  LoopRig rig;
  rig.window.given_back();
  std::vector<LoopRig::Step> steps;
  for (int i = 0; i < 8; ++i) {
    steps.push_back([&] {
      rig.letters->to_confirm = 1;
      rig.delivers_good();
    });
    steps.push_back([&] { rig.fails(ErrorClass::kData); });
    steps.push_back([&] { rig.table_is_unchanged(); });
  }
  steps.push_back([&] {
    CHECK(rig.record().counters.all_dead_lettered() == 7);
    CHECK(rig.source->cancel_calls == 1);
    rig.arrives(Kind::kCancelled);
  });
  steps.push_back([&] {
    CHECK(rig.source->prefetches == std::vector<std::size_t>{1, 4});
    CHECK(rig.record().in_hand == 1);
  });
  rig.run(std::move(steps)).ok();
}

TEST_CASE("worker loop: events that do not fit wait for one that does, however long",
          "[worker_loop]") {
  LoopRig rig(/*rows=*/1000, /*bytes=*/100'000);
  rig.run({
              [&] { rig.delivers(R"({"id":1})"); },
              [&] { rig.time_passes(10 * LoopRig::kHoldTimeout); },
              [&] {
                CHECK(rig.source->cancel_calls == 0);
                CHECK(rig.letters->letters.empty());
                CHECK(contains(rig.record().last_error.str(), "is a column of the table"));
                rig.table_is_unchanged();
              },
              [&] { rig.delivers_good(); },
              [&] { rig.deadline_comes(); },
              [&] { rig.stores(); },
              [&] {
                REQUIRE(rig.letters->letters.size() == 1);
                CHECK((rig.letters->letters[0].rejection.reason == Reason::kNoKnownKey));
                rig.letters->to_confirm = 1;
              },
              [&] { CHECK(rig.source->acknowledged == Tags{2}); },
          })
      .ok();
}

TEST_CASE("worker loop: a dead-letter queue that refuses stops the consumer until it takes",
          "[worker_loop]") {
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

TEST_CASE("worker loop: a link that is lost in any state is made anew", "[worker_loop]") {
  const auto nothing = [](LoopRig&) {};
  const auto paused = [](LoopRig& rig) { rig.events.raise(SIGTSTP); };
  const auto cancelled = [](LoopRig& rig) { rig.arrives(Kind::kCancelled); };
  for (const auto& steps : std::vector<std::vector<std::function<void(LoopRig&)>>>{
           {nothing}, {paused}, {paused, cancelled}}) {
    LoopRig rig;
    std::vector<LoopRig::Step> plan = {[&] { rig.delivers_good(); }};
    for (const auto& step : steps) plan.push_back([&rig, step] { step(rig); });
    plan.push_back([&] { rig.loses_link(); });
    plan.push_back([&] {
      CHECK_FALSE(rig.link->is_up());
      CHECK((rig.state() == WorkerState::kConnecting));
      CHECK(rig.record().last_error.str() == "the link broke");
      CHECK(rig.record().counters.returned == 1);
      CHECK(rig.record().in_hand == 0);
      rig.deadline_comes();
    });
    plan.push_back([&] {
      CHECK(rig.link->is_up());
      CHECK(rig.record().counters.reconnects[0] == 1);
      const bool is_paused = steps.size() > 1 || rig.state() == WorkerState::kHolding;
      CHECK(rig.source->consume_calls == (is_paused ? 0 : 1));
      rig.events.raise(SIGCONT);
    });
    plan.push_back([&] { CHECK(rig.source->consume_calls == 1); });
    CHECK(rig.run(std::move(plan)).ok());
  }
}

TEST_CASE("worker loop: what waited too long is not taken over a new link before its time",
          "[worker_loop]") {
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

// The broker's consumer_timeout would be the end of it.
TEST_CASE("worker loop: a probe at its last delivery is dead-lettered when it has waited too long",
          "[worker_loop]") {
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

TEST_CASE("worker loop: while links break and inserts fail, a last delivery is not waited for",
          "[worker_loop]") {
  LoopRig rig;
  rig.run({
              [&] { rig.loses_link(); },
              [&] { rig.deadline_comes(); },
              [&] { rig.delivers_last(); },
              [&] {
                CHECK(rig.source->cancel_calls == 0);
                rig.fails();
              },
              [&] {
                CHECK(rig.source->cancel_calls == 1);
                rig.arrives(Kind::kCancelled);
              },
              [&] { CHECK(rig.letters->letters.size() == 1); },
          })
      .ok();
}

TEST_CASE("worker loop: a stop dead-letters what its queue would drop, and waits for the confirm",
          "[worker_loop]") {
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
TEST_CASE("worker loop: a stop that is late gives a dead letter one second more", "[worker_loop]") {
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

TEST_CASE("worker loop: a broker that is away is tried until it is there", "[worker_loop]") {
  LoopRig rig;
  rig.connect_fault = Error{ErrorKind::kUnavailable, "nobody there"};
  rig.run({
              [&] { rig.loses_link(); },
              [&] { rig.deadline_comes(); },
              [&] {
                CHECK((rig.state() == WorkerState::kConnecting));
                CHECK(rig.record().reason.str() == "nobody there");
                CHECK(rig.record().last_error.str() == "nobody there");
                rig.connect_fault.reset();
                rig.deadline_comes();
              },
              [&] { CHECK((rig.state() == WorkerState::kConsuming)); },
          })
      .ok();
}

TEST_CASE("worker loop: a stop without a link is at once", "[worker_loop]") {
  LoopRig rig;
  int waits = 0;
  rig.run({
              [&] { rig.loses_link(); },
              [&] {
                rig.events.raise(SIGTERM);
                waits = rig.events.waits;
              },
          })
      .ok();
  CHECK(rig.events.waits == waits);
  CHECK_FALSE(rig.link->is_up());
}

TEST_CASE("worker loop: a link lost during a stop ends it", "[worker_loop]") {
  LoopRig rig;
  rig.run({
              [&] { rig.delivers_good(); },
              [&] { rig.events.raise(SIGTERM); },
              [&] { rig.loses_link(); },
          })
      .ok();
  CHECK_FALSE(rig.link->is_up());
  CHECK(rig.record().counters.returned == 1);
}

// Two links that are lost while one insert goes on: the rows of the second link went with it, and
// its tags mean nothing on the third.
TEST_CASE("worker loop: an insert that outlives two links settles nothing", "[worker_loop]") {
  LoopRig rig(/*rows=*/2);
  rig.run({
              [&] {
                rig.delivers_good();
                rig.delivers_good();
              },
              [&] { rig.loses_link(); },
              [&] { rig.deadline_comes(); },
              [&] {
                for (int i = 0; i < 4; ++i) rig.delivers_good();
              },
              [&] { rig.loses_link(); },
              [&] { rig.deadline_comes(); },
              [&] {
                for (int i = 0; i < 3; ++i) rig.delivers_good();
              },
              [&] {
                CHECK(rig.inserter.posts.size() == 1);
                CHECK(rig.inserter.is_unchanged());
                rig.stores();
              },
              [&] {
                CHECK(rig.source->acknowledged.empty());
                REQUIRE(rig.inserter.posts.size() == 2);
                CHECK(rig.inserter.posts[1].tags == Tags{1, 2});
                rig.stores();
              },
              [&] {
                CHECK(rig.source->acknowledged == Tags{2});
                CHECK(rig.record().in_hand == 1);
              },
          })
      .ok();
  CHECK(rig.record().counters.received == 9);
  CHECK(rig.record().counters.inserted == 3);
  CHECK(rig.record().counters.returned == 6);
}

TEST_CASE("worker loop: asks to be replaced once, when it has received so many", "[worker_loop]") {
  LoopRig rig;
  rig.run({[&] {
            rig.delivers_good();
            rig.delivers_good();
          }},
          /*max_events=*/2)
      .ok();
  CHECK(rig.messages() == "r");
}

TEST_CASE("worker loop: what the server says of itself is shown", "[worker_loop]") {
  LoopRig rig;
  rig.run({
              [&] { rig.delivers_good(); },
              [&] {
                rig.stores({"26.7.1", true});
              },
              [&] {
                CHECK(rig.record().clickhouse_version.str() == "26.7.1");
                CHECK((rig.record().deduplication == Deduplication::kYes));
              },
          })
      .ok();
  CHECK(rig.record().rabbitmq_version.str() == "3.10.8");
}

TEST_CASE("worker loop: never sleeps longer than its heartbeats allow", "[worker_loop]") {
  LoopRig rig;
  rig.run({[&] { CHECK(*rig.events.deadline - rig.events.time <= seconds(2)); }}).ok();
}

TEST_CASE("worker loop: an event loop that fails ends it", "[worker_loop]") {
  LoopRig rig;
  rig.events.fault = Error{ErrorKind::kInternal, "poll: no memory"};
  const auto done = rig.run({});
  REQUIRE_FALSE(done.ok());
  CHECK(done.error().message == "poll: no memory");
}

}  // namespace
}  // namespace event_consumer
