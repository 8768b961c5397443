// What a failed insert means for its batch: wait, look at the table, set apart, pause.
#include "worker/insert/insert_stage.h"

#include "tests/fakes/insert_stage_rig.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using std::chrono::seconds;
using testing::code_encoding;
using testing::insert_format;
using testing::Tags;
using Kind = InsertOutcome::Kind;
using Rig = testing::InsertStageRig;

TEST_CASE("insert stage: a table that has changed gets its rows encoded anew", "[insert_stage]") {
  Rig rig(2);
  rig.add(3);
  rig.refuse(ErrorClass::kData);
  Encoding wider{
      std::move(*RowEncoder::create(
          {{"code", *parse_column_type("String")}, {"n", *parse_column_type("UInt8")}}, {"code"})),
      insert_format("INSERT WIDER")};
  rig.table_changed(std::move(wider));
  REQUIRE(rig.inserter.posts.size() == 2);
  CHECK(rig.inserter.posts.at(1).tags == Tags{1, 2});
  CHECK(rig.inserter.posts.at(1).bytes == std::string("\1"
                                                      "1\0\1"
                                                      "2\0",
                                                      6));
  CHECK(rig.inserter.posts.at(1).token != rig.inserter.posts.at(0).token);
  CHECK(rig.inserter.posts.at(1).batch->format().head == "INSERT WIDER");
  rig.store();
  CHECK(rig.stored_tags == std::set<DeliveryTag>{1, 2});
  CHECK(rig.inserter.posts.at(2).tags == Tags{3});
}

TEST_CASE("insert stage: events that a changed table cannot take are refused", "[insert_stage]") {
  Rig rig(2);
  rig.add(2);
  rig.refuse(ErrorClass::kConfiguration);
  rig.wait_for_deadline();
  CHECK(rig.inserter.table_checks == 1);
  rig.table_changed({std::move(*RowEncoder::create({{"code", *parse_column_type("String")},
                                                    {"other", *parse_column_type("String")}},
                                                   {"other"})),
                     insert_format()});
  CHECK(rig.refused_tags == std::set<DeliveryTag>{1, 2});
  CHECK(rig.inserter.posts.size() == 1);
}

// Else a queue of the wrong kind would be stored as empty rows, or dead-lettered.
TEST_CASE("insert stage: without a known key an event waits until another is stored",
          "[insert_stage]") {
  Rig rig(1);
  rig.add(R"({"id":1})");
  rig.add(R"({"id":2})");
  CHECK(rig.stage.unmatched() == 2);
  CHECK(rig.refused_tags.empty());
  CHECK(rig.inserter.posts.empty());
  rig.add(1);
  rig.answer(Kind::kStored);
  CHECK(rig.stored_tags == std::set<DeliveryTag>{3});
  CHECK(rig.refused_tags == std::set<DeliveryTag>{1, 2});
  rig.add(R"({"id":4})");
  CHECK(rig.refused_tags == std::set<DeliveryTag>{1, 2, 4});
}

TEST_CASE("insert stage: other columns decide anew about events without a known key",
          "[insert_stage]") {
  Rig rig(1);
  rig.add(1);
  rig.answer(Kind::kStored);
  rig.add(1);
  rig.refuse(ErrorClass::kConfiguration);
  rig.wait_for_deadline();
  rig.table_changed({std::move(*RowEncoder::create({{"id", *parse_column_type("String")}}, {})),
                     insert_format()});
  CHECK(rig.stage.unmatched() == 1);
  CHECK(rig.refused_tags.empty());
  rig.add(R"({"id":"x"})");
  CHECK(rig.inserter.posts.back().tags == Tags{3});
  rig.answer(Kind::kStored);
  CHECK(rig.refused_tags == std::set<DeliveryTag>{2});
}

// That worker may have seen before us that the columns were put right.
TEST_CASE("insert stage: the table is looked at before the insert of another worker is a witness",
          "[insert_stage]") {
  Rig rig(1);
  rig.add(R"({"id":"x"})");
  const auto later = to_monotonic_time(rig.now + seconds(1));
  rig.apply(rig.stage.others_stored({later}, rig.now + seconds(2)));
  CHECK(rig.refused_tags.empty());
  REQUIRE(rig.inserter.table_checks == 1);
  SECTION("unchanged") {
    rig.table_unchanged();
    CHECK(rig.refused_tags == std::set<DeliveryTag>{1});
  }
  SECTION("put right") {
    rig.table_changed({std::move(*RowEncoder::create({{"id", *parse_column_type("String")}}, {})),
                       insert_format()});
    CHECK(rig.refused_tags.empty());
    CHECK(rig.inserter.posts.at(0).tags == Tags{1});
  }
}

TEST_CASE("insert stage: what fits other columns waits for no company when all stops",
          "[insert_stage]") {
  Rig rig(3);
  rig.add(R"({"id":"x"})");
  const auto later = to_monotonic_time(rig.now + seconds(1));
  rig.apply(rig.stage.others_stored({later}, rig.now + seconds(2)));
  REQUIRE(rig.inserter.table_checks == 1);
  rig.apply(rig.stage.drain(rig.now));
  rig.table_changed({std::move(*RowEncoder::create({{"id", *parse_column_type("String")}}, {})),
                     insert_format()});
  REQUIRE(rig.inserter.posts.size() == 1);
  CHECK(rig.inserter.posts[0].tags == Tags{1});
}

TEST_CASE("insert stage: while events do not fit, the table is looked at now and then",
          "[insert_stage]") {
  Rig rig(1);
  rig.add(R"({"id":"x"})");
  rig.wait_for_deadline();
  CHECK(rig.inserter.table_checks == 1);
  rig.table_unchanged();
  rig.wait_for_deadline();
  CHECK(rig.inserter.table_checks == 2);
  rig.table_changed({std::move(*RowEncoder::create({{"id", *parse_column_type("String")}}, {})),
                     insert_format()});
  REQUIRE(rig.inserter.posts.size() == 1);
  CHECK(rig.inserter.posts.back().tags == Tags{1});
}

TEST_CASE("insert stage: when nothing fits it waits for other columns", "[insert_stage]") {
  Rig rig(1);
  rig.add(R"({"id":1})");
  rig.stage.given_back(/*fits=*/false, rig.now);
  for (int look = 0; look < 3; ++look) {
    rig.wait_for_deadline();
    rig.table_unchanged();
    CHECK_FALSE(rig.stage.is_healthy());
    rig.stage.link_lost();
  }
  rig.wait_for_deadline();
  rig.table_changed(code_encoding());
  CHECK(rig.stage.is_healthy());
}

// Whoever has its messages waits for that.
TEST_CASE("insert stage: while nothing fits, it is found out what became of an orphan",
          "[insert_stage]") {
  Rig rig(1);
  rig.add(1);
  SECTION("that waits for its next post") {
    rig.answer(Kind::kUnknown);
    rig.stage.link_lost();
    rig.stage.given_back(/*fits=*/false, rig.now);
    rig.wait_for_deadline();
    rig.table_unchanged();
    REQUIRE(rig.inserter.posts.size() == 2);
    CHECK(rig.inserter.posts[1].token == rig.inserter.posts[0].token);
  }
  SECTION("that is being posted") {
    rig.stage.link_lost();
    rig.stage.given_back(/*fits=*/false, rig.now);
  }
  rig.store();
  CHECK_FALSE(rig.stage.is_healthy());
  rig.wait_for_deadline();
  rig.table_changed(code_encoding());
  CHECK(rig.stage.is_healthy());
}

TEST_CASE("insert stage: a batch that may be stored keeps bytes and token over a change",
          "[insert_stage]") {
  Rig rig(1);
  rig.add(1);
  rig.answer(Kind::kUnknown);
  rig.wait_for_deadline();
  rig.refuse(ErrorClass::kConfiguration);
  rig.wait_for_deadline();
  rig.table_changed(code_encoding());
  REQUIRE(rig.inserter.posts.size() == 3);
  CHECK(rig.inserter.posts.at(2).token == rig.inserter.posts.at(0).token);
  CHECK(rig.inserter.posts.at(2).bytes == rig.inserter.posts.at(0).bytes);
}

// The table may have been put right before it was stored.
TEST_CASE("insert stage: bytes of former columns that are stored are no witness",
          "[insert_stage]") {
  Rig rig(1);
  rig.add(2);
  rig.answer(Kind::kUnknown);
  rig.wait_for_deadline();
  rig.refuse(ErrorClass::kConfiguration);
  rig.wait_for_deadline();
  rig.table_changed({std::move(*RowEncoder::create({{"id", *parse_column_type("String")}}, {})),
                     insert_format()});
  CHECK(rig.stage.unmatched() == 1);
  rig.store();
  CHECK(rig.stored_tags == std::set<DeliveryTag>{1});
  CHECK(rig.refused_tags.empty());
  rig.add(1);
  CHECK(rig.stage.unmatched() == 2);
}

// What was left without an answer and is refused for its types now is no row's fault.
TEST_CASE("insert stage: bytes that the server takes no more are encoded anew", "[insert_stage]") {
  for (const ErrorClass refusal : {ErrorClass::kConfiguration, ErrorClass::kData}) {
    Rig rig(1);
    rig.add(1);
    rig.answer(Kind::kUnknown);
    rig.wait_for_deadline();
    rig.refuse(ErrorClass::kConfiguration);
    rig.wait_for_deadline();
    rig.table_changed(code_encoding());
    rig.refuse(refusal);
    REQUIRE(rig.inserter.posts.size() == 4);
    CHECK(rig.inserter.posts.at(3).token != rig.inserter.posts.at(0).token);
    CHECK(rig.refused_tags.empty());
    rig.store();
    CHECK(rig.stored_tags == std::set<DeliveryTag>{1});
  }
}

TEST_CASE(
    "insert stage: where the server compares no types, the table is looked at before every post",
    "[insert_stage]") {
  Rig rig(1, /*states_types=*/false);
  rig.add(1);
  CHECK(rig.inserter.posts.empty());
  rig.table_unchanged();
  CHECK(rig.inserter.posts.size() == 1);
  rig.answer(Kind::kUnknown);
  rig.wait_for_deadline();
  CHECK(rig.inserter.posts.size() == 1);
  CHECK(rig.inserter.table_checks == 2);
  rig.table_unchanged();
  CHECK(rig.inserter.posts.size() == 2);
}

TEST_CASE("insert stage: the table is looked at now and then even when nothing fails",
          "[insert_stage]") {
  Rig rig(1);
  rig.add(1);
  rig.store();
  rig.add(1);
  rig.now += Rig::kCheckInterval - seconds(1);
  rig.store();
  CHECK(rig.inserter.table_checks == 0);
  rig.add(1);
  rig.now += seconds(1);
  rig.store();
  CHECK(rig.inserter.table_checks == 1);
  rig.add(1);
  CHECK(rig.inserter.posts.size() == 3);
  rig.table_unchanged();
  CHECK(rig.inserter.posts.size() == 4);
  rig.store();
  CHECK(rig.inserter.table_checks == 1);
}

TEST_CASE("insert stage: a wrong configuration pauses, five seconds to a minute",
          "[insert_stage]") {
  Rig rig(1);
  rig.add(1);
  rig.refuse(ErrorClass::kConfiguration);
  for (const int step : {5, 10, 20, 40, 60, 60, 60}) {
    const Duration delay = *rig.stage.deadline() - rig.now;
    CHECK(delay >= seconds(step) / 2);
    CHECK(delay <= seconds(step));
    rig.wait_for_deadline();
    rig.table_unknown(ErrorClass::kConfiguration);
  }
  rig.wait_for_deadline();
  rig.table_unchanged();
  rig.store();
  CHECK(rig.stored_tags == std::set<DeliveryTag>{1});
  CHECK(rig.refused_tags.empty());
}

TEST_CASE("insert stage: what is dropped counts for nothing any more", "[insert_stage]") {
  Rig rig(2);
  rig.add(4);
  SECTION("while it is posted") {}
  SECTION("while the table is looked at") { rig.refuse(ErrorClass::kData); }
  const bool checking = rig.inserter.table_checks > 0;
  rig.stage.link_lost();
  checking ? rig.table_unchanged() : rig.refuse(ErrorClass::kData);
  CHECK(rig.stage.held_bytes() == 0);
  CHECK_FALSE(rig.stage.request_under_way());
  rig.add(2);
  CHECK(rig.inserter.posts.back().tags == Tags{5, 6});
  rig.store();
  CHECK(rig.stored_tags == std::set<DeliveryTag>{5, 6});
  CHECK(rig.refused_tags.empty());
}

TEST_CASE("insert stage: after giving everything back it waits for a sign of life",
          "[insert_stage]") {
  Rig rig(1);
  rig.add(1);
  rig.answer(Kind::kUnknown);
  rig.stage.given_back(/*fits=*/true, rig.now);
  CHECK_FALSE(rig.stage.is_healthy());
  rig.wait_for_deadline();
  rig.table_unknown(ErrorClass::kTransient);
  CHECK_FALSE(rig.stage.is_healthy());
  rig.wait_for_deadline();
  rig.table_unchanged();
  CHECK(rig.stage.is_healthy());
  // What may be stored is an orphan.
  REQUIRE(rig.inserter.posts.size() == 2);
  CHECK(rig.stage.posts_orphan());
  rig.store();
  CHECK(rig.stored_tags.empty());
  CHECK_FALSE(rig.stage.has_orphans());
}

InsertOutcome void_token() {
  InsertOutcome outcome{Kind::kRefused, 0, "started anew", ErrorClass::kTransient};
  outcome.is_token_void = true;
  return outcome;
}

TEST_CASE("insert stage: a batch whose token proves nothing is posted at once under another",
          "[insert_stage]") {
  Rig rig(2);
  rig.add(2);
  InsertOutcome unknown;
  unknown.server.deduplicates = true;
  rig.answer(unknown);
  rig.wait_for_deadline();
  const auto before = rig.inserter.posts.back();
  rig.answer(void_token());
  REQUIRE(rig.inserter.posts.size() == 3);
  const auto& after = rig.inserter.posts.back();
  CHECK(after.bytes == before.bytes);
  CHECK(after.token != before.token);
  CHECK_FALSE(rig.ledger_of_one.ledger.has(before.token));
  CHECK(rig.ledger_of_one.ledger.has(after.token));
  WorkerRecord record{};
  rig.stage.report(record);
  CHECK(record.counters.possibly_doubled_rows == 2);
  rig.store();
  CHECK(rig.stored_tags == std::set<DeliveryTag>{1, 2});
}

TEST_CASE("insert stage: an orphan whose token proves nothing is given up", "[insert_stage]") {
  Rig rig(1);
  rig.add(1);
  rig.answer(Kind::kUnknown);
  rig.stage.link_lost();
  rig.wait_for_deadline();
  rig.table_unchanged();
  REQUIRE(rig.stage.posts_orphan());
  const std::string token = rig.inserter.posts.back().token;
  rig.answer(void_token());
  CHECK_FALSE(rig.stage.has_orphans());
  CHECK_FALSE(rig.ledger_of_one.ledger.has(token));
  CHECK(rig.inserter.posts.size() == 2);
  WorkerRecord record{};
  rig.stage.report(record);
  CHECK(record.inserting_since == 0);
}

TEST_CASE("insert stage: what refuses all is not asked again at once by the next orphan",
          "[insert_stage]") {
  Rig rig(1);
  for (const char* token : {"one", "two"})
    rig.stage.adopt(Batch::restored(token, *insert_format("INSERT"), "x", 1, rig.now));
  rig.apply(rig.stage.time_passed(rig.now));
  REQUIRE(rig.inserter.posts.size() == 1);
  const bool drains = GENERATE(false, true);
  if (drains) rig.apply(rig.stage.drain(rig.now));
  rig.refuse(ErrorClass::kConfiguration);
  CHECK(rig.inserter.posts.size() == 1);
  CHECK(rig.stage.gave_up() == drains);
  CHECK(rig.stage.is_failing() == !drains);
  if (drains) return;
  rig.wait_for_deadline();
  rig.table_unchanged();
  CHECK(rig.inserter.posts.size() == 2);
}

// Seed 163024 of the simulation: a dead worker had left many, and its messages waited 40 s for
// each.
TEST_CASE("insert stage: what refuses the bytes of former columns does not hold up the next orphan",
          "[insert_stage]") {
  Rig rig(1);
  for (const char* token : {"one", "two", "three"})
    rig.stage.adopt(Batch::restored(token, *insert_format("former"), "x", 1, rig.now));
  rig.apply(rig.stage.time_passed(rig.now));
  if (GENERATE(false, true)) rig.apply(rig.stage.drain(rig.now));
  for (std::size_t posts = 1; posts <= 3; ++posts) {
    CHECK(rig.inserter.posts.size() == posts);
    rig.refuse(ErrorClass::kConfiguration);
  }
  CHECK_FALSE(rig.stage.has_orphans());
  CHECK_FALSE(rig.stage.is_failing());
  CHECK_FALSE(rig.stage.gave_up());
}

// Of a table whose rows leave out a column n that is to be its DEFAULT.
Encoding default_encoding(const std::string& version = "") {
  Encoding encoding{
      std::move(*RowEncoder::create({{"code", *parse_column_type("String")},
                                     {"n", *parse_column_type("UInt8"), /*has_default=*/true}},
                                    {"code"})),
      insert_format("both")};
  encoding.format_of = [version](const std::vector<bool>& written) {
    return insert_format((version + (written[1] ? "both" : "code")).c_str());
  };
  return encoding;
}

// What the inserter was given last.
std::string last_post(const Rig& rig) {
  const Batch& batch = *rig.inserter.posts.back().batch;
  return batch.format().head + " " + std::to_string(batch.rows());
}

TEST_CASE("insert stage: a message is stored with the last insert that has rows of it",
          "[insert_stage]") {
  Rig rig(7, default_encoding());
  rig.add(R"({"code":"1"})");
  rig.add(R"([{"code":"2","n":1},{"code":"2"},{"code":"2","n":2}])");
  rig.add(R"({"code":"3","n":1})");
  rig.add(R"({"code":"4"}{"code":"4"})");
  CHECK(last_post(rig) == "code 4");
  rig.store();
  CHECK(rig.stored_tags == std::set<DeliveryTag>{1, 4});
  CHECK(last_post(rig) == "both 3");
  rig.store();
  CHECK(rig.stored_tags == std::set<DeliveryTag>{1, 2, 3, 4});
  CHECK(rig.inserter.posts.size() == 2);
}

TEST_CASE("insert stage: a message is refused whole when one of its inserts is", "[insert_stage]") {
  Rig rig(3, default_encoding());
  rig.add(R"({"code":"1"})");
  rig.add(R"([{"code":"2"},{"code":"2","n":2}])");
  rig.store();
  CHECK(rig.stored_tags == std::set<DeliveryTag>{1});
  CHECK(last_post(rig) == "both 1");
  rig.refuse(ErrorClass::kData);
  rig.table_unchanged();
  // A witness, and the trial.
  rig.add(R"({"code":"3"}{"code":"3"}{"code":"3"})");
  rig.store();
  CHECK(last_post(rig) == "both 1");
  rig.refuse(ErrorClass::kData);
  rig.table_unchanged();
  CHECK(rig.refused_tags == std::set<DeliveryTag>{2});
  CHECK(rig.stored_tags == std::set<DeliveryTag>{1, 3});
}

TEST_CASE("insert stage: the rest of what may be stored is encoded anew with it",
          "[insert_stage]") {
  Rig rig(2, default_encoding());
  rig.add(R"([{"code":"1"},{"code":"1","n":2}])");
  rig.answer(Kind::kUnknown, ErrorClass::kConfiguration);
  rig.wait_for_deadline();
  rig.table_changed(default_encoding("new "));
  // It keeps its bytes until it is known whether they are stored.
  CHECK(last_post(rig) == "code 1");
  rig.store();
  CHECK(rig.stored_tags.empty());
  CHECK(last_post(rig) == "both 1");
  rig.refuse(ErrorClass::kConfiguration);
  CHECK(last_post(rig) == "new code 1");
  rig.store();
  CHECK(last_post(rig) == "new both 1");
  rig.store();
  CHECK(rig.stored_tags == std::set<DeliveryTag>{1});
}

}  // namespace
}  // namespace event_consumer
