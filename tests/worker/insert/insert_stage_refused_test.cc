// Rows that ClickHouse refuses: batches are cut until those at fault stand alone.
#include "worker/insert/insert_stage.h"

#include "tests/fakes/insert_stage_rig.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using testing::all_but;
using testing::Tags;
using Kind = InsertOutcome::Kind;
using Rig = testing::InsertStageRig;

TEST_CASE("insert stage: rows that are being filled are others to compare with", "[insert_stage]") {
  Rig rig(2);
  rig.add(1);
  rig.wait_for_deadline();
  rig.add(1);
  rig.refuse(ErrorClass::kData);
  rig.table_unchanged();
  CHECK(rig.refused_tags.empty());
  rig.wait_for_deadline();
  REQUIRE(rig.inserter.posts.size() == 2);
  CHECK(rig.inserter.posts[1].tags == Tags{2});
  rig.store();
  CHECK(rig.inserter.posts[2].tags == Tags{1});
}

TEST_CASE("insert stage: rows at fault are found, everything else is stored", "[insert_stage]") {
  for (const std::set<DeliveryTag>& bad :
       {std::set<DeliveryTag>{1}, {64}, {1, 64}, {3, 17, 18, 40}, {}}) {
    Rig rig(64);
    rig.add(64);
    rig.run_server(bad);
    rig.add_witness(bad);
    CHECK(rig.refused_tags == bad);
    CHECK(rig.stored_tags == all_but(bad, 65));
    CHECK(rig.stage.held_bytes() == 0);
  }
}

TEST_CASE("insert stage: each half is a batch with a token of its own", "[insert_stage]") {
  Rig rig(4);
  rig.add(4);
  rig.run_server({2});
  // Equal tokens mean equal rows: a row that is tried once more keeps its own.
  std::map<std::string, std::string> rows_of;
  for (const auto& post : rig.inserter.posts)
    CHECK(rows_of.emplace(post.token, post.bytes).first->second == post.bytes);
  CHECK(rows_of.size() == 5);
  CHECK(rig.inserter.posts.at(1).tags == Tags{1, 2});
}

// Else a worker that takes over after our death would post it whole, beside a half that is stored.
TEST_CASE("insert stage: a batch is out of the ledger before its halves are posted",
          "[insert_stage]") {
  Rig rig(2);
  rig.add(2);
  const std::string whole = rig.inserter.posts.at(0).token;
  rig.answer(Rig::Kind::kUnknown);
  rig.wait_for_deadline();
  REQUIRE(rig.ledger_of_one.ledger.has(whole));
  rig.refuse(ErrorClass::kData);
  rig.table_unchanged();
  REQUIRE(rig.inserter.posts.size() == 3);
  CHECK_FALSE(rig.ledger_of_one.ledger.has(whole));
  CHECK(rig.ledger_of_one.ledger.has(rig.inserter.posts.at(2).token));
}

TEST_CASE("insert stage: the table is looked at before a batch is cut", "[insert_stage]") {
  Rig rig(2);
  rig.add(2);
  rig.refuse(ErrorClass::kData);
  CHECK(rig.inserter.posts.size() == 1);
  CHECK(rig.inserter.table_checks == 1);
  rig.table_unchanged();
  REQUIRE(rig.inserter.posts.size() == 2);
  CHECK(rig.inserter.posts.at(1).tags == Tags{1});
}

TEST_CASE("insert stage: when every single row is refused, none is given up for it",
          "[insert_stage]") {
  Rig rig(100);
  rig.add(100);
  // As long as nothing can be stored, the rows are only set apart.
  for (int step = 0; step < 2000; ++step) {
    if (rig.checks_answered < rig.inserter.table_checks) {
      ++rig.checks_answered;
      rig.table_unchanged();
    } else if (rig.inserter.under_way) {
      rig.refuse(ErrorClass::kData);
    } else {
      rig.wait_for_deadline();
    }
  }
  CHECK(rig.refused_tags.empty());
  // It heals: everything is stored after all.
  rig.run_server({});
  CHECK(rig.refused_tags.empty());
  CHECK(rig.stored_tags == all_but({}, 100));
}

TEST_CASE("insert stage: many bad rows in a row are found in the end", "[insert_stage]") {
  Rig rig(100);
  rig.add(100);
  std::set<DeliveryTag> bad;
  for (DeliveryTag tag = 1; tag <= 30; ++tag) bad.insert(tag);
  rig.run_server(bad);
  rig.add(100);
  rig.run_server(bad);
  CHECK(rig.refused_tags == bad);
  CHECK(rig.stored_tags == all_but(bad, 200));
  CHECK(rig.stage.held_bytes() == 0);
}

TEST_CASE("insert stage: a hundred bad rows in ten thousand take few posts", "[insert_stage]") {
  Rig rig(10'000);
  rig.add(10'000);
  std::set<DeliveryTag> bad;
  for (DeliveryTag tag = 37; tag <= 10'000; tag += 100) bad.insert(tag);
  rig.run_server(bad);
  CHECK(rig.refused_tags == bad);
  CHECK(rig.stored_tags == all_but(bad, 10'000));
  CHECK(rig.inserter.posts.size() < 100 * 2 * 14);
}

TEST_CASE("insert stage: one event that is refused waits for another, and keeps none waiting",
          "[insert_stage]") {
  for (const ErrorClass refusal : {ErrorClass::kData, ErrorClass::kUnclear}) {
    Rig rig(1);
    rig.add(1);
    for (int step = 0; step < 200; ++step) rig.step_server({1}, refusal);
    CHECK(rig.refused_tags.empty());
    CHECK(rig.now > TimePoint(std::chrono::hours(1) + std::chrono::minutes(20)));
    rig.run_server({1}, refusal);
    CHECK(rig.stage.undecided() == 1);
    CHECK(rig.stage.is_healthy());
    const TimePoint before = rig.now;
    rig.add(1);
    CHECK(rig.inserter.posts.back().tags == Tags{2});
    rig.run_server({1}, refusal);
    CHECK(rig.stored_tags == std::set<DeliveryTag>{2});
    CHECK(rig.refused_tags == std::set<DeliveryTag>{1});
    CHECK(rig.now == before);
  }
}

TEST_CASE("insert stage: a message that waits for another is tried again now and then",
          "[insert_stage]") {
  Rig rig(1);
  rig.add(1);
  rig.run_server({1});
  CHECK(rig.stage.undecided() == 1);
  const TimePoint before = rig.now;
  rig.wait_for_deadline();
  CHECK(rig.now - before <= std::chrono::seconds(60));
  rig.run_server({});
  CHECK(rig.stored_tags == std::set<DeliveryTag>{1});
}

// The other may have stored on another shard, and no more may come.
TEST_CASE("insert stage: what is stored and is no witness keeps no message from being tried again",
          "[insert_stage]") {
  Rig rig(1);
  InsertOutcome refused{Kind::kRefused, 1, "no", ErrorClass::kUnclear};
  refused.server.stored_in.durability = Durability::kShards;
  rig.add(1);
  rig.answer(refused);
  rig.table_unchanged();
  REQUIRE(rig.stage.undecided() == 1);
  const TimePoint before = rig.now;
  const auto posted_at = to_monotonic_time(before + std::chrono::seconds(1));
  while (rig.stored_tags.empty() && rig.now - before <= std::chrono::seconds(60)) {
    rig.now += std::chrono::seconds(2);
    rig.apply(rig.stage.others_stored({posted_at}, rig.now));
    rig.apply(rig.stage.time_passed(rig.now));
    if (rig.inserter.table_checks == 1) continue;
    rig.table_unchanged();
    rig.store();
  }
  CHECK(rig.stored_tags == std::set<DeliveryTag>{1});
}

TEST_CASE("insert stage: a code in no list is waited for, then its batch is cut",
          "[insert_stage]") {
  Rig rig(4);
  rig.add(4);
  for (int time = 0; time < 3; ++time) {
    CHECK(rig.inserter.posts.back().tags == Tags{1, 2, 3, 4});
    rig.refuse(ErrorClass::kUnclear);
    if (time < 2) rig.wait_for_deadline();
  }
  CHECK(rig.inserter.table_checks == 1);
  rig.run_server({3}, ErrorClass::kUnclear);
  CHECK(rig.stored_tags == std::set<DeliveryTag>{1, 2, 4});
  CHECK(rig.refused_tags == std::set<DeliveryTag>{3});
}

TEST_CASE("insert stage: rows at fault for no clear reason are found, everything else is stored",
          "[insert_stage]") {
  for (const std::set<DeliveryTag>& bad :
       {std::set<DeliveryTag>{1}, {64}, {1, 64}, {3, 17, 18, 40}, {}}) {
    Rig rig(64);
    rig.add(64);
    rig.run_server(bad, ErrorClass::kUnclear);
    rig.add_witness(bad, ErrorClass::kUnclear);
    CHECK(rig.refused_tags == bad);
    CHECK(rig.stored_tags == all_but(bad, 65));
    INFO(std::chrono::duration<double>(rig.now.time_since_epoch()).count() - 3600);
    CHECK(rig.now < TimePoint(std::chrono::hours(1) + std::chrono::seconds(60)));
  }
}

TEST_CASE("insert stage: a bad row of no clear reason in ten thousand is found within seconds",
          "[insert_stage]") {
  Rig rig(10'000);
  rig.add(10'000);
  rig.run_server({1}, ErrorClass::kUnclear);
  CHECK(rig.refused_tags == std::set<DeliveryTag>{1});
  CHECK(rig.stored_tags == all_but({1}, 10'000));
  CHECK(rig.inserter.posts.size() < 70);
  CHECK(rig.now < TimePoint(std::chrono::hours(1) + std::chrono::seconds(60)));
}

TEST_CASE("insert stage: an outage with a code in no list is no storm, and costs nothing",
          "[insert_stage]") {
  Rig rig(100);
  rig.add(400);
  std::set<DeliveryTag> all;
  for (DeliveryTag tag = 1; tag <= 400; ++tag) all.insert(tag);
  const TimePoint end = rig.now + std::chrono::hours(10);
  const TimePoint soon = rig.now + std::chrono::minutes(1);
  for (int step = 0; step < 1'000 && rig.now < soon; ++step)
    rig.step_server(all, ErrorClass::kUnclear);
  CHECK(rig.inserter.posts.size() < 40);
  for (int step = 0; step < 10'000 && rig.now < end; ++step)
    rig.step_server(all, ErrorClass::kUnclear);
  CHECK(rig.now >= end);
  CHECK(rig.refused_tags.empty());
  CHECK(rig.inserter.posts.size() < 10 * 60 * 12);
  // Nothing waits for longer than the longest backoff.
  for (int step = 0; step < 10'000 && rig.in_hand() > 0; ++step) rig.step_server({});
  CHECK(rig.now < end + std::chrono::seconds(120));
  CHECK(rig.stored_tags == all_but({}, 400));
}

// A batch that never fits the memory limit.
TEST_CASE("insert stage: a batch that is too large for the server is cut until it fits",
          "[insert_stage]") {
  Rig rig(64);
  rig.add(64);
  for (int step = 0; step < 1000 && rig.in_hand() > 0; ++step) {
    if (rig.inserter.under_way && rig.inserter.posts.size() > 0 &&
        rig.checks_answered == rig.inserter.table_checks &&
        rig.inserter.posts.back().tags.size() > 16)
      rig.refuse(ErrorClass::kUnclear);
    else
      rig.step_server({});
  }
  CHECK(rig.stored_tags == all_but({}, 64));
  CHECK(rig.now < TimePoint(std::chrono::hours(1) + std::chrono::minutes(2)));
}

TEST_CASE("insert stage: other columns decide anew about what was refused alone",
          "[insert_stage]") {
  Rig rig(1);
  rig.add(1);
  rig.run_server({1});
  rig.wait_for_deadline();
  rig.table_changed(testing::code_encoding());
  CHECK(rig.inserter.posts.back().tags == Tags{1});
  rig.refuse(ErrorClass::kData);
  rig.table_unchanged();
  CHECK(rig.refused_tags.empty());
}

TEST_CASE("insert stage: when a refused row is dealt with nothing fails any more",
          "[insert_stage]") {
  Rig rig(1);
  const auto is_failing = [&] {
    WorkerRecord record{};
    rig.stage.report(record);
    return record.insert_failing != 0;
  };
  rig.add(1);
  rig.run_server({1});
  // Nothing was ever stored.
  CHECK(is_failing());
  rig.add(1);
  rig.run_server({1});
  CHECK(rig.refused_tags.size() == 1);
  CHECK_FALSE(is_failing());
  rig.add(1);
  rig.run_server({3});
  CHECK(rig.stage.undecided() == 1);
  CHECK_FALSE(is_failing());
}

TEST_CASE("insert stage: what a view refuses is counted as doubled", "[insert_stage]") {
  Rig rig(4);
  rig.add(4);
  for (int time = 0; time < 3; ++time) {
    rig.refuse_by_view();
    if (time < 2) rig.wait_for_deadline();
  }
  rig.table_unchanged();
  WorkerRecord record{};
  rig.stage.report(record);
  // Without tokens each of three posts, and then their halves.
  CHECK(record.counters.possibly_doubled_rows == 3 * 4 + 4);
}

// By the other token it is not known again.
TEST_CASE("insert stage: what may be stored and is encoded anew is counted as doubled",
          "[insert_stage]") {
  for (const bool by_view : {false, true}) {
    Rig rig(2);
    rig.add(2);
    InsertOutcome outcome{by_view ? Kind::kRefused : Kind::kUnknown, 1, "no",
                          ErrorClass::kConfiguration};
    outcome.is_in_table = by_view;
    outcome.server.deduplicates = true;
    rig.answer(outcome);
    rig.wait_for_deadline();
    rig.table_changed(testing::code_encoding());
    if (!by_view) rig.refuse(ErrorClass::kConfiguration);
    REQUIRE(rig.inserter.posts.back().token != rig.inserter.posts.front().token);
    WorkerRecord record{};
    rig.stage.report(record);
    CHECK(record.counters.possibly_doubled_rows == 2);
  }
}

TEST_CASE("insert stage: a post whose rows a view has refused stays in the ledger",
          "[insert_stage]") {
  Rig rig(2);
  rig.add(2);
  const std::string token = rig.inserter.posts.back().token;
  rig.refuse_by_view();
  CHECK(rig.ledger_of_one.ledger.has(token));
  rig.wait_for_deadline();
  rig.refuse(ErrorClass::kTransient);  // the table has the rows of before
  CHECK(rig.ledger_of_one.ledger.has(token));
}

// Such as for too many parts behind the view, or for a table that is not there.
TEST_CASE("insert stage: what a view refuses is in the table, whatever the reason",
          "[insert_stage]") {
  for (const ErrorClass why : {ErrorClass::kTransient, ErrorClass::kConfiguration}) {
    Rig rig(2);
    rig.add(2);
    const std::string token = rig.inserter.posts.back().token;
    rig.refuse_by_view(why);
    rig.wait_for_deadline();
    if (why == ErrorClass::kConfiguration) {
      CHECK_FALSE(rig.inserter.was_settled);
      rig.table_unchanged();
    }
    rig.refuse(ErrorClass::kTransient);
    CHECK(rig.ledger_of_one.ledger.has(token));
  }
}

}  // namespace
}  // namespace event_consumer
