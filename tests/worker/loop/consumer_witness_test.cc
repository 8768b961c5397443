// What waits for others, which alone can decide about it: it stays in hand, and more is taken.
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

// Whoever reads that ClickHouse takes nothing looks in the wrong place.
TEST_CASE("consumer: the status says that nothing fits also over the next link, or after a pause",
          "[consumer]") {
  LoopRig rig(/*rows=*/1000, /*bytes=*/100'000);
  rig.window = PrefetchWindow{1, 1'000'000};
  const bool is_link_lost = GENERATE(true, false);
  std::vector<LoopRig::Step> steps;
  for (int window = 0; window < 3; ++window) {
    steps.push_back([&] {
      for (std::size_t n = rig.source->prefetches.back(); n > 0; --n) rig.delivers(R"({"id":1})");
    });
    steps.push_back([&] { rig.arrives(Kind::kCancelled); });
  }
  steps.push_back([&] {
    REQUIRE(rig.record().in_hand == 0);
    CHECK(contains(rig.record().reason.str(), "has a key that is a column"));
    is_link_lost ? rig.loses_link() : rig.events.raise(SIGTSTP);
  });
  steps.push_back([&] { is_link_lost ? rig.deadline_comes() : rig.events.raise(SIGCONT); });
  steps.push_back([&] {
    CHECK((rig.state() == WorkerState::kHolding));
    CHECK(contains(rig.record().reason.str(), "has a key that is a column"));
  });
  CHECK(rig.run(std::move(steps)).ok());
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
