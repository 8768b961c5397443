// Links, outcomes and time, in a whole loop; consumer_test.cc has the rest of Intake's drawing.
#include "worker/loop/worker_loop.h"

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
    plan.push_back([&] {
      CHECK(rig.source->consume_calls == 1);
      CHECK(rig.record().last_error_over_at == 0);
      rig.arrives(Kind::kConsuming);
    });
    plan.push_back([&] {
      CHECK(rig.record().last_error.str() == "the link broke");
      CHECK(rig.record().last_error_over_at >= rig.record().last_error_at);
    });
    CHECK(rig.run(std::move(plan)).ok());
  }
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

TEST_CASE("worker loop: the time spent waiting is that of the server that is waited for",
          "[worker_loop]") {
  LoopRig rig;
  rig.window = PrefetchWindow(1, 1'000'000);
  const auto spent = [&](Activity activity) {
    return rig.record().counters.spent_seconds[static_cast<std::size_t>(activity)];
  };
  const auto done = rig.run({
      [&] {
        rig.arrives(Kind::kConsuming);
        rig.time_passes(seconds(2));
      },
      [&] {
        CHECK(spent(Activity::kWaitingForRabbitmq) == 2);
        rig.delivers_good();
      },
      [&] {
        CHECK(spent(Activity::kWaitingForClickhouse) == 0);
        rig.time_passes(seconds(3));
        rig.stores();
      },
      [&] {
        CHECK(spent(Activity::kWaitingForRabbitmq) == 2);
        CHECK(spent(Activity::kWaitingForClickhouse) == 3);
        rig.loses_link();
        rig.arrives(Kind::kConsuming);
      },
      [&] { rig.time_passes(seconds(1)); },
      [&] { CHECK(spent(Activity::kWaitingForRabbitmq) >= 3); },
  });
  CHECK(done.ok());
  CHECK(spent(Activity::kWaitingForClickhouse) == 3);
}

TEST_CASE("worker loop: the source queue is counted over each link", "[worker_loop]") {
  LoopRig rig;
  const auto done = rig.run({
      [&] {
        CHECK(rig.source->count_calls == 1);
        rig.source->arriving.push_back({Kind::kCounted, {}, false, {12, 3}});
      },
      [&] {
        CHECK(rig.record().queue.messages == 12);
        CHECK(rig.record().queue.consumers == 3);
        rig.loses_link();
      },
      [&] { rig.deadline_comes(); },
      [&] {
        CHECK(rig.link->is_up());
        CHECK(rig.record().queue.counted_at == 0);
      },
      [&] { CHECK(rig.source->count_calls == 1); },
  });
  CHECK(done.ok());
}

}  // namespace
}  // namespace event_consumer
