// Messages that somebody else has now: their rows leave, and nothing else does.
#include "worker/insert/insert_stage.h"

#include "tests/fakes/insert_stage_rig.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using testing::code_encoding;
using testing::id;
using testing::Tags;
using Kind = InsertOutcome::Kind;
using Rig = testing::InsertStageRig;

void let_go(Rig& rig, const std::set<DeliveryTag>& tags) {
  for (const DeliveryTag tag : tags) rig.in_flight.let_go(id(tag));
  rig.stage.let_go(/*fits=*/true, rig.now);
}

// The wait is over, and the table is what it was.
void try_again(Rig& rig) {
  rig.wait_for_deadline();
  rig.table_unchanged();
}

TEST_CASE("insert stage: rows that are let go leave their batches", "[insert_stage]") {
  Rig rig(2);
  rig.add(5);
  rig.refuse(ErrorClass::kTransient);
  let_go(rig, {2, 3, 5});
  try_again(rig);
  REQUIRE(rig.inserter.posts.size() == 2);
  CHECK(rig.inserter.posts[1].tags == Tags{1});
  CHECK(rig.inserter.posts[1].bytes ==
        "\1"
        "1");
  CHECK(rig.inserter.posts[1].token != rig.inserter.posts[0].token);
  rig.store();
  CHECK(rig.inserter.posts[2].tags == Tags{4});
  rig.store();
  CHECK(rig.stored_tags == std::set<DeliveryTag>{1, 4});
  CHECK(rig.inserter.posts.size() == 3);
  CHECK(rig.stage.held_bytes() == 0);
}

TEST_CASE("insert stage: a batch that nothing leaves is posted again as it was", "[insert_stage]") {
  Rig rig(2);
  rig.add(3);
  rig.refuse(ErrorClass::kTransient);
  let_go(rig, {3});
  try_again(rig);
  CHECK(rig.inserter.posts.at(1).token == rig.inserter.posts.at(0).token);
  rig.store();
  CHECK(rig.inserter.posts.size() == 2);
}

TEST_CASE("insert stage: when something was let go a sign of life is waited for",
          "[insert_stage]") {
  Rig rig(1);
  rig.add(1);
  rig.refuse(ErrorClass::kTransient);
  CHECK(rig.stage.is_healthy());
  let_go(rig, {1});
  CHECK_FALSE(rig.stage.is_healthy());
  CHECK(rig.stage.held_bytes() == 0);
  rig.wait_for_deadline();
  rig.table_unknown(ErrorClass::kTransient);
  CHECK_FALSE(rig.stage.is_healthy());
  try_again(rig);
  CHECK(rig.stage.is_healthy());
  CHECK(rig.inserter.posts.size() == 1);
  WorkerRecord record{};
  rig.stage.report(record);
  CHECK(record.insert_failing == 0);
}

// The look was for the sake of the batch that is gone.
TEST_CASE("insert stage: what is behind a refused batch that is let go was not refused",
          "[insert_stage]") {
  Rig rig(1);
  rig.add(2);
  rig.refuse(ErrorClass::kData);
  REQUIRE(rig.inserter.table_checks == 1);
  rig.apply(rig.stage.drain(rig.now));
  let_go(rig, {1});
  rig.table_unchanged();
  REQUIRE(rig.inserter.posts.size() == 2);
  CHECK(rig.inserter.posts[1].tags == Tags{2});
}

TEST_CASE("insert stage: what may be stored keeps bytes and token, whatever is let go of it",
          "[insert_stage]") {
  Rig rig(3);
  rig.add(3);
  rig.answer(Kind::kUnknown);
  let_go(rig, {2});
  try_again(rig);
  REQUIRE(rig.inserter.posts.size() == 2);
  CHECK(rig.inserter.posts[1].token == rig.inserter.posts[0].token);
  CHECK(rig.inserter.posts[1].bytes == rig.inserter.posts[0].bytes);
  rig.store();
  CHECK(rig.stored_tags == std::set<DeliveryTag>{1, 3});
}

// The table has its rows under that token, and the ledger its record.
TEST_CASE("insert stage: so does what a view refuses after some of it was let go",
          "[insert_stage]") {
  Rig rig(2);
  rig.add(2);
  let_go(rig, {1});
  rig.refuse_by_view();
  try_again(rig);
  REQUIRE(rig.inserter.posts.size() == 2);
  CHECK(rig.inserter.posts[1].token == rig.inserter.posts[0].token);
  CHECK(rig.inserter.posts[1].bytes == rig.inserter.posts[0].bytes);
  rig.store();
  CHECK(rig.stored_tags == std::set<DeliveryTag>{2});
  CHECK_FALSE(rig.ledger_of_one.ledger.has(rig.inserter.posts[0].token));
}

TEST_CASE("insert stage: what is let go during a post is in no other", "[insert_stage]") {
  Rig rig(2);
  rig.add(3);
  let_go(rig, {1, 3});
  rig.refuse(ErrorClass::kData);
  CHECK(rig.inserter.table_checks == 0);
  try_again(rig);
  REQUIRE(rig.inserter.posts.size() == 2);
  CHECK(rig.inserter.posts[1].tags == Tags{2});
  let_go(rig, {2});
  rig.refuse(ErrorClass::kTransient);
  try_again(rig);
  CHECK(rig.inserter.posts.size() == 2);
}

TEST_CASE("insert stage: what is stored after some of it was let go is a sign of life",
          "[insert_stage]") {
  Rig rig(2);
  rig.add(2);
  let_go(rig, {1});
  CHECK_FALSE(rig.stage.is_healthy());
  rig.store();
  CHECK(rig.stored_tags == std::set<DeliveryTag>{2});
  CHECK(rig.stage.is_healthy());
}

// Nothing is left to be posted: the table is asked for a sign of life.
TEST_CASE("insert stage: no sign of life is waited for that nobody asks for", "[insert_stage]") {
  Rig rig(2);
  rig.add(2);
  rig.answer(Kind::kUnknown, ErrorClass::kConfiguration);
  rig.wait_for_deadline();
  rig.table_changed({std::move(*RowEncoder::create({{"other", *parse_column_type("String")},
                                                    {"code", *parse_column_type("String")}},
                                                   {"other"})),
                     testing::insert_format()});
  let_go(rig, {1});
  rig.refuse(ErrorClass::kConfiguration);
  CHECK(rig.refused_tags == std::set<DeliveryTag>{2});
  CHECK_FALSE(rig.stage.is_healthy());
  CHECK(rig.inserter.under_way);
  rig.table_unchanged();
  CHECK(rig.stage.is_healthy());
}

TEST_CASE("insert stage: nobody waits for what may be stored when all of it is let go",
          "[insert_stage]") {
  Rig rig(2);
  rig.add(2);
  rig.answer(Kind::kUnknown);
  let_go(rig, {1, 2});
  try_again(rig);
  CHECK(rig.inserter.posts.size() == 1);
  CHECK(rig.stage.held_bytes() == 0);
}

TEST_CASE("insert stage: what was let go leaves when its batch is cut", "[insert_stage]") {
  Rig rig(4);
  rig.add(4);
  rig.answer(Kind::kUnknown);
  let_go(rig, {1, 3, 4});
  try_again(rig);
  rig.refuse(ErrorClass::kData);
  rig.table_unchanged();
  REQUIRE(rig.inserter.posts.size() == 3);
  CHECK(rig.inserter.posts[2].tags == Tags{2});
  rig.store();
  CHECK(rig.inserter.posts.size() == 3);
  CHECK(rig.stored_tags == std::set<DeliveryTag>{2});
}

TEST_CASE("insert stage: what was let go is not encoded anew", "[insert_stage]") {
  // A server that compares no types gets no bytes of former columns.
  for (const bool states_types : {true, false}) {
    Rig rig(2, states_types);
    rig.add(2);
    if (!states_types) rig.table_unchanged();
    rig.answer(Kind::kUnknown);
    let_go(rig, {1});
    rig.wait_for_deadline();
    rig.table_changed(code_encoding(states_types));
    if (states_types) rig.refuse(ErrorClass::kConfiguration);
    if (!states_types) rig.table_unchanged();
    CHECK(rig.inserter.posts.back().tags == Tags{2});
    rig.store();
    CHECK(rig.stored_tags == std::set<DeliveryTag>{2});
    CHECK(rig.refused_tags.empty());
  }
}

TEST_CASE("insert stage: others decide no more about what was let go", "[insert_stage]") {
  Rig rig(1);
  rig.add(R"({"id":1})");
  rig.add(1);
  rig.refuse(ErrorClass::kData);
  rig.table_unchanged();
  CHECK(rig.stage.undecided() == 2);
  rig.add(1);
  rig.refuse(ErrorClass::kTransient);
  let_go(rig, {1, 2});
  CHECK(rig.stage.undecided() == 0);
  try_again(rig);
  rig.store();
  CHECK(rig.stored_tags == std::set<DeliveryTag>{3});
  CHECK(rig.refused_tags.empty());
  CHECK(rig.inserter.posts.size() == 3);
}

// A look at the table that failed is repeated, and then another batch is the first.
TEST_CASE("insert stage: no batch is cut for the refusal of one that was let go",
          "[insert_stage]") {
  Rig rig(2);
  rig.add(4);
  rig.refuse(ErrorClass::kData);
  rig.table_unknown(ErrorClass::kTransient);
  let_go(rig, {1, 2});
  try_again(rig);
  CHECK(rig.inserter.posts.back().tags == Tags{3, 4});
}

TEST_CASE("insert stage: what was let go between its inserts is in no other", "[insert_stage]") {
  Encoding encoding{
      std::move(*RowEncoder::create({{"code", *parse_column_type("String")},
                                     {"n", *parse_column_type("UInt8"), /*has_default=*/true}},
                                    {"code"})),
      testing::insert_format("both")};
  encoding.format_of = [](const std::vector<bool>& written) {
    return testing::insert_format(written[1] ? "both" : "code");
  };
  Rig rig(4, std::move(encoding));
  rig.add(R"([{"code":"1"},{"code":"1","n":1}])");
  rig.add(R"([{"code":"2"},{"code":"2","n":2}])");
  rig.answer(Kind::kUnknown);
  let_go(rig, {1});
  try_again(rig);
  rig.store();
  CHECK(rig.inserter.posts.back().tags == Tags{2});
  rig.store();
  CHECK(rig.stored_tags == std::set<DeliveryTag>{2});
  CHECK(rig.inserter.posts.size() == 3);
}

}  // namespace
}  // namespace event_consumer
