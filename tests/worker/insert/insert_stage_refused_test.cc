// Rows that ClickHouse refuses: batches are cut until those at fault stand alone.
#include "worker/insert/insert_stage.h"

#include "tests/fakes/insert_stage_rig.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using testing::all_but;
using testing::Tags;
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
    CHECK(rig.refused_tags == bad);
    CHECK(rig.stored_tags == all_but(bad, 64));
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

TEST_CASE("insert stage: single events that are all refused are not all given up",
          "[insert_stage]") {
  Rig rig(1);
  for (int i = 0; i < 20; ++i) {
    rig.add(1);
    for (int step = 0; step < 10; ++step) {
      if (rig.checks_answered < rig.inserter.table_checks) {
        ++rig.checks_answered;
        rig.table_unchanged();
      } else if (rig.inserter.under_way) {
        rig.refuse(ErrorClass::kData);
      }
    }
  }
  CHECK(rig.refused_tags.size() == 7);
  rig.run_server({});
  CHECK(rig.refused_tags.size() == 7);
  CHECK(rig.stored_tags.size() == 13);
}

}  // namespace
}  // namespace event_consumer
