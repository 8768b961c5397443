// An insert stage for tests, with an inserter whose answers the test gives.
#pragma once

#include <map>
#include <set>
#include <string>

#include "tests/fakes/settlement_rig.h"
#include "tests/support/catch.h"
#include "worker/insert/insert_stage.h"

namespace event_consumer::testing {

// A stage for batches of `rows`, with an inserter whose answers the test gives.
class InsertStageRig : private InsertResults {
 public:
  using Kind = InsertOutcome::Kind;

  explicit InsertStageRig(std::size_t rows, bool states_types = true)
      : stage({rows, 100'000, std::chrono::seconds(1)}, kCheckInterval, code_encoding(states_types),
              guard, inserter, *this) {}

  static constexpr std::chrono::hours kCheckInterval{1};

  void add(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::string body = R"({"code":")" + std::to_string(++last_tag) + "\"}";
      CHECK_FALSE(stage.add(delivery(last_tag, body), now).has_value());
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
  TimePoint now{std::chrono::hours(1)};
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

inline std::set<DeliveryTag> all_but(const std::set<DeliveryTag>& left_out, DeliveryTag last) {
  std::set<DeliveryTag> tags;
  for (DeliveryTag tag = 1; tag <= last; ++tag)
    if (left_out.count(tag) == 0) tags.insert(tag);
  return tags;
}

}  // namespace event_consumer::testing
