// How many are taken after a hold, a lost link, or while nothing can be decided.
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

TEST_CASE("consumer: a window of events that do not fit opens, then they go back for good",
          "[consumer]") {
  LoopRig rig(/*rows=*/1000, /*bytes=*/100'000);
  rig.window.given_back();
  std::vector<LoopRig::Step> steps;
  for (const std::size_t window : {1, 4, 16, 64, 100}) {
    steps.push_back([&rig, window] {
      const std::size_t prefetch = rig.source->prefetches.back();
      CHECK(rig.record().in_hand + prefetch == window);
      for (std::size_t n = 0; n < prefetch; ++n) rig.delivers(R"({"id":1})");
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
TEST_CASE("consumer: a probe that is refused with none to compare it with brings others",
          "[consumer]") {
  LoopRig rig;
  rig.window.given_back();
  rig.run({
              [&] { rig.delivers_good(); },
              [&] { rig.fails(ErrorClass::kData); },
              [&] { rig.table_is_unchanged(); },
              [&] {
                CHECK(rig.source->cancel_calls == 1);
                rig.arrives(Kind::kCancelled);
              },
              [&] {
                CHECK(rig.source->prefetches == std::vector<std::size_t>{1, 3});
                CHECK(rig.record().in_hand == 1);
                CHECK(rig.letters->letters.empty());
              },
          })
      .ok();
}

TEST_CASE("consumer: an event that is refused alone waits for another, however long",
          "[consumer]") {
  LoopRig rig;
  int looks = 1;
  std::vector<LoopRig::Step> steps = {
      [&] { rig.delivers_good(); },
      [&] { rig.fails(ErrorClass::kData); },
      [&] { rig.table_is_unchanged(); },
  };
  for (int sleep = 0; sleep < 303; ++sleep)
    steps.push_back([&, sleep] {
      if (!rig.inserter.under_way) return sleep < 300 ? rig.deadline_comes() : void();
      if (looks < rig.inserter.table_checks) return ++looks, rig.table_is_unchanged();
      rig.fails(ErrorClass::kData);
    });
  steps.push_back([&] {
    CHECK_FALSE(rig.inserter.under_way);
    CHECK(rig.source->cancel_calls == 0);
    CHECK(rig.letters->letters.empty());
  });
  // Its age does not send the next one back.
  steps.push_back([&] { rig.delivers_good(); });
  for (int answer = 0; answer < 6; ++answer)
    steps.push_back([&] {
      CHECK(rig.source->cancel_calls == 0);
      if (!rig.inserter.under_way) return;
      if (looks < rig.inserter.table_checks) return ++looks, rig.table_is_unchanged();
      rig.inserter.posts.back().tags == Tags{2} ? rig.stores() : rig.fails(ErrorClass::kData);
    });
  steps.push_back([&] {
    REQUIRE(rig.letters->letters.size() == 1);
    rig.letters->to_confirm = 1;
  });
  steps.push_back([&] { CHECK(rig.source->acknowledged == Tags{2}); });
  CHECK(rig.run(std::move(steps)).ok());
}

TEST_CASE("consumer: a stop returns an event that waits for another", "[consumer]") {
  LoopRig rig;
  rig.run({
              [&] { rig.delivers_good(); },
              [&] { rig.fails(ErrorClass::kData); },
              [&] { rig.table_is_unchanged(); },
          })
      .ok();
  CHECK(rig.source->acknowledged.empty());
  CHECK(rig.letters->letters.empty());
  CHECK(rig.record().counters.all_dead_lettered() == 0);
}

TEST_CASE("consumer: events that do not fit wait for one that does, however long", "[consumer]") {
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

// Whatever is in hand goes back with each of them, and a quorum queue counts that.
TEST_CASE("consumer: while links break nothing is taken beside what waits for others",
          "[consumer]") {
  LoopRig rig(/*rows=*/1000, /*bytes=*/100'000);
  const auto begins = [&] {
    rig.arrives(Kind::kConsuming);
    rig.delivers(R"({"id":1})");
  };
  rig.run({
              [&] { rig.loses_link(); },
              [&] { rig.deadline_comes(); },
              begins,
              [&] { rig.time_passes(seconds(9)); },
              [&] {
                CHECK(rig.source->cancel_calls == 0);
                rig.loses_link();
              },
              [&] { rig.deadline_comes(); },
              begins,
              [&] { rig.time_passes(seconds(9)); },
              [&] {
                CHECK(rig.source->prefetches == std::vector<std::size_t>{1});
                CHECK(rig.source->cancel_calls == 0);
                CHECK(*rig.events.deadline <= rig.events.time + seconds(1));
                rig.deadline_comes();
              },
              [&] {
                CHECK(rig.source->cancel_calls == 1);
                rig.arrives(Kind::kCancelled);
              },
              [&] {
                CHECK(rig.source->prefetches == std::vector<std::size_t>{1, 3});
              },
          })
      .ok();
  CHECK(rig.record().counters.returned == 2);
}

// It may have been posted before the table got the columns that the event does not fit.
TEST_CASE("consumer: the insert of another worker is a witness when it is posted later",
          "[consumer]") {
  LoopRig rig(/*rows=*/1000, /*bytes=*/100'000);
  SupervisorRecord supervisor{};
  supervisor.slots = 1;
  rig.status.board().supervisor().publish(supervisor);
  const auto another_stores = [&rig](TimePoint posted_at) {
    WorkerRecord record{};
    record.last_insert_at = to_monotonic_time(rig.events.time);
    record.last_insert_posted_at = to_monotonic_time(posted_at);
    rig.status.board().row({1, 1}).record.publish(record);
  };
  const TimePoint before = rig.events.time;
  rig.run({
              [&] {
                rig.time_passes(std::chrono::seconds(1));
                rig.delivers(R"({"id":1})");
              },
              [&] {
                rig.time_passes(std::chrono::seconds(1));
                another_stores(before);
              },
              [&] {
                CHECK(rig.letters->letters.empty());
                rig.time_passes(std::chrono::seconds(2));
                another_stores(rig.events.time - std::chrono::seconds(1));
              },
              [&] { rig.table_is_unchanged(); },
              [&] {
                REQUIRE(rig.letters->letters.size() == 1);
                CHECK((rig.letters->letters[0].rejection.reason == Reason::kNoKnownKey));
              },
          })
      .ok();
}

// Whose table may have other columns.
TEST_CASE("consumer: an insert into another host of ClickHouse is no witness", "[consumer]") {
  LoopRig rig(/*rows=*/1000, /*bytes=*/100'000);
  SupervisorRecord supervisor{};
  supervisor.slots = 1;
  rig.status.board().supervisor().publish(supervisor);
  rig.record().clickhouse_host.set("b:8123");
  const auto another_stores = [&rig](const char* host) {
    rig.time_passes(std::chrono::seconds(2));
    WorkerRecord record{};
    record.last_insert_posted_at = to_monotonic_time(rig.events.time - std::chrono::seconds(1));
    record.clickhouse_host.set(host);
    rig.status.board().row({1, 1}).record.publish(record);
  };
  rig.run({
              [&] { rig.delivers(R"({"id":1})"); },
              [&] { another_stores("a:8123"); },
              [&] {
                CHECK(rig.inserter.table_checks == 0);
                another_stores("b:8123");
              },
              [&] {
                CHECK(rig.inserter.table_checks == 1);
                rig.table_is_unchanged();
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

// Else a window that bad events have filled would bring none to compare them with.
TEST_CASE("consumer: what is settled behind an event that waits for others makes room for them",
          "[consumer]") {
  LoopRig rig;
  rig.window = PrefetchWindow(16, 1'000'000);
  std::vector<LoopRig::Step> steps = {
      [&] { rig.delivers_good(); },
      [&] { rig.fails(ErrorClass::kData); },
      [&] { rig.table_is_unchanged(); },
      [&] {
        for (int bad = 0; bad < 15; ++bad) rig.delivers("bad");
      },
  };
  steps.push_back([&] { rig.letters->to_confirm = 15; });
  steps.push_back([&] {
    CHECK(rig.source->acknowledged.empty());
    CHECK(rig.source->acknowledged_alone.size() == 15);
    CHECK(rig.record().unacknowledged == 1);
    CHECK(rig.source->cancel_calls == 0);
  });
  CHECK(rig.run(std::move(steps)).ok());
}

}  // namespace
}  // namespace event_consumer
