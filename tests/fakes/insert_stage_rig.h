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
class InsertStageRig {
 public:
  using Kind = InsertOutcome::Kind;

  explicit InsertStageRig(std::size_t rows, bool states_types = true)
      : InsertStageRig(rows, code_encoding(states_types)) {}
  InsertStageRig(std::size_t rows, Encoding encoding)
      : stage({rows, 100'000, std::chrono::seconds(1)}, kCheckInterval,
              RowWriter(std::move(encoding), guard, 100'000), in_flight, ledger_of_one.ledger) {}

  static constexpr std::chrono::hours kCheckInterval{1};

  void add(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      add(R"({"code":")" + std::to_string(last_tag + 1) + "\"}");
  }
  void add(const std::string& body) {
    const Delivery one = delivery(++last_tag, body);
    const DeliveryId id = *in_flight.add(one, now);
    in_flight.keep(id, one);
    apply(stage.add(id, one, now));
  }

  void answer(const InsertOutcome& outcome) {
    inserter.under_way = false;
    apply(stage.inserted(outcome, now));
  }
  void answer(Kind kind, ErrorClass error_class = ErrorClass::kTransient) {
    answer({kind, 1, "no", error_class});
  }
  void store() { answer(Kind::kStored); }
  void refuse(ErrorClass error_class) { answer(Kind::kRefused, error_class); }
  void refuse_by_view(ErrorClass error_class = ErrorClass::kUnclear) {
    InsertOutcome outcome{Kind::kRefused, 1, "no", error_class};
    outcome.is_in_table = true;
    answer(outcome);
  }

  void answer_check(TableOutcome outcome) {
    inserter.under_way = false;
    apply(stage.table_checked(std::move(outcome), now));
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
    apply(stage.time_passed(now));
  }

  // What a settlement makes of them.
  void apply(const Effects& effects) {
    for (const DeliveryId id : effects.stored) stored_tags.insert(id.tag);
    for (const Refused& refusal : effects.refused) {
      const DeliveryTag tag = refusal.message.tag;
      const Reason reason = refusal.rejection.reason;
      CHECK(refused_tags.insert(tag).second);
      if (reason == Reason::kNoKnownKey) continue;
      CHECK((reason == Reason::kRefused || reason == Reason::kMissingField));
      const std::string code = R"({"code":")" + std::to_string(tag) + "\"}";
      CHECK(in_flight.content(refusal.message).body.find(code) != std::string_view::npos);
    }
    if (effects.post != nullptr) inserter.start(*effects.post);
    if (effects.check_table) inserter.start_table_check(effects.is_settled);
  }

  // One step of a server that refuses each insert with one of these rows in it, and knows no other
  // trouble. Whether there was one.
  bool step_server(const std::set<DeliveryTag>& bad, ErrorClass refusal = ErrorClass::kData) {
    if (checks_answered < inserter.table_checks) {
      ++checks_answered;
      table_unchanged();
    } else if (inserter.under_way) {
      bool good = true;
      for (const DeliveryTag tag : inserter.posts.back().tags) good = good && bad.count(tag) == 0;
      good ? store() : refuse(refusal);
    } else if (stage.deadline()) {
      wait_for_deadline();
    } else {
      return false;
    }
    return true;
  }
  // The same, until all events are dealt with, or wait for others.
  void run_server(const std::set<DeliveryTag>& bad, ErrorClass refusal = ErrorClass::kData) {
    for (int step = 0; step < 100'000; ++step) {
      const bool rests = !inserter.under_way && stage.undecided() == in_hand();
      if (rests || !step_server(bad, refusal)) return;
    }
    FAIL("no end in sight");
  }
  // One more that is good: what was tried last has none to compare it with.
  void add_witness(const std::set<DeliveryTag>& bad, ErrorClass refusal = ErrorClass::kData) {
    add(1);
    apply(stage.window_is_full(now));
    run_server(bad, refusal);
  }
  std::size_t in_hand() const { return last_tag - stored_tags.size() - refused_tags.size(); }

  QuietLog quiet;
  TimePoint now{std::chrono::hours(1)};
  Scoreboard board = std::move(*Scoreboard::without_sharing());
  CrashGuard guard{board, {1, 0}};
  FakeInserter inserter;
  InFlight in_flight;
  PrivateLedger ledger_of_one{now};
  InsertStage stage;
  std::set<DeliveryTag> stored_tags, refused_tags;
  DeliveryTag last_tag = 0;
  int checks_answered = 0;
};

inline std::set<DeliveryTag> all_but(const std::set<DeliveryTag>& left_out, DeliveryTag last) {
  std::set<DeliveryTag> tags;
  for (DeliveryTag tag = 1; tag <= last; ++tag)
    if (left_out.count(tag) == 0) tags.insert(tag);
  return tags;
}

}  // namespace event_consumer::testing
