// What a failed insert means for its batch: wait, look at the table, cut, set apart, pause.
#include "worker/insert_stage.h"

#include <map>
#include <set>
#include <string>

#include "tests/fakes/pipeline_rig.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::code_encoding;
using testing::FakeInserter;
using testing::insert_format;
using testing::QuietLog;
using testing::Tags;
using Kind = InsertOutcome::Kind;

// A stage for batches of `rows`, with an inserter whose answers the test gives.
class Rig : private InsertResults {
 public:
  explicit Rig(std::size_t rows, bool states_types = true)
      : stage({rows, 100'000, seconds(1)}, kCheckInterval, code_encoding(states_types), guard,
              inserter, *this) {}

  static constexpr hours kCheckInterval{1};

  void add(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::string body = R"({"code":")" + std::to_string(++last_tag) + "\"}";
      CHECK_FALSE(stage.add(testing::delivery(last_tag, body), now).has_value());
    }
    stage.post_next(now);
  }

  void answer(Kind kind, ErrorClass error_class = ErrorClass::kTransient) {
    inserter.under_way = false;
    CHECK(stage.inserted({kind, 1, "no", error_class}, now).ok());
    stage.post_next(now);
  }
  void store() { answer(Kind::kStored); }
  void refuse(ErrorClass error_class) { answer(Kind::kRefused, error_class); }

  void answer_check(TableOutcome outcome) {
    inserter.under_way = false;
    CHECK(stage.table_checked(std::move(outcome), now).ok());
    stage.post_next(now);
  }
  void table_unchanged() {
    answer_check({TableOutcome::Kind::kUnchanged, std::nullopt, "", ErrorClass::kTransient});
  }
  void table_changed(Encoding encoding) {
    answer_check({TableOutcome::Kind::kChanged, std::move(encoding), "", ErrorClass::kTransient});
  }
  void table_unknown(ErrorClass error_class) {
    answer_check({TableOutcome::Kind::kFailed, std::nullopt, "no table", error_class});
  }

  void wait_for_deadline() {
    REQUIRE(stage.deadline().has_value());
    now = *stage.deadline();
    stage.time_passed(now);
    stage.post_next(now);
  }

  // A server that refuses each insert with one of these rows in it, and knows no other trouble.
  void run_server(const std::set<DeliveryTag>& bad, int most_steps = 100'000) {
    for (int step = 0; step < most_steps; ++step) {
      if (checks_answered < inserter.table_checks) {
        ++checks_answered;
        table_unchanged();
      } else if (inserter.under_way) {
        bool good = true;
        for (const DeliveryTag tag : inserter.posts.back().tags) good = good && bad.count(tag) == 0;
        good ? store() : refuse(ErrorClass::kData);
      } else if (stage.deadline()) {
        wait_for_deadline();
      } else {
        return;
      }
    }
    FAIL("no end in sight");
  }

  QuietLog quiet;
  TimePoint now{hours(1)};
  Scoreboard board = std::move(*Scoreboard::without_sharing());
  CrashGuard guard{board, {1, 0}};
  FakeInserter inserter;
  InsertStage stage;
  std::set<DeliveryTag> stored_tags, refused_tags;
  DeliveryTag last_tag = 0;
  int checks_answered = 0;

 private:
  void stored(const std::vector<DeliveryTag>& tags) override {
    stored_tags.insert(tags.begin(), tags.end());
  }
  Result<Done> refused(const Delivery& delivery, const Rejection& rejection) override {
    CHECK((rejection.reason == Reason::kRefused || rejection.reason == Reason::kMissingField));
    CHECK(delivery.body == R"({"code":")" + std::to_string(delivery.tag) + "\"}");
    CHECK(refused_tags.insert(delivery.tag).second);
    return Done{};
  }
};

std::set<DeliveryTag> all_but(const std::set<DeliveryTag>& left_out, DeliveryTag last) {
  std::set<DeliveryTag> tags;
  for (DeliveryTag tag = 1; tag <= last; ++tag)
    if (left_out.count(tag) == 0) tags.insert(tag);
  return tags;
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
  CHECK(rig.inserter.posts.at(1).batch->format().query == "INSERT WIDER");
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
  rig.table_changed(
      {std::move(*RowEncoder::create({{"other", *parse_column_type("String")}}, {"other"})),
       insert_format()});
  CHECK(rig.refused_tags == std::set<DeliveryTag>{1, 2});
  CHECK(rig.inserter.posts.size() == 1);
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

TEST_CASE("insert stage: what is dropped counts for nothing any more", "[insert_stage]") {
  Rig rig(2);
  rig.add(4);
  SECTION("while it is posted") {}
  SECTION("while the table is looked at") { rig.refuse(ErrorClass::kData); }
  const bool checking = rig.inserter.table_checks > 0;
  rig.stage.drop_all();
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
  rig.stage.drop_all_and_probe(rig.now);
  CHECK_FALSE(rig.stage.is_healthy());
  rig.wait_for_deadline();
  rig.table_unknown(ErrorClass::kTransient);
  CHECK_FALSE(rig.stage.is_healthy());
  rig.wait_for_deadline();
  rig.table_unchanged();
  CHECK(rig.stage.is_healthy());
  CHECK(rig.inserter.posts.size() == 1);
}

}  // namespace
}  // namespace event_consumer
