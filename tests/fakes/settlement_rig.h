// SettlementRig: a settlement between three fakes, for a table of one required String column, and a
// clock that stands still until it is moved. Its log lines go nowhere.
#pragma once

#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>
#include <utility>

#include "tests/fakes/batches.h"
#include "tests/fakes/fake_dead_letters.h"
#include "tests/fakes/fake_inserter.h"
#include "tests/fakes/fake_source.h"
#include "tests/fakes/private_ledger.h"
#include "worker/loop/settlement.h"

namespace event_consumer::testing {

// While it lives the default logger says nothing.
class QuietLog {
 public:
  QuietLog() : before_(spdlog::default_logger_raw()->level()) {
    spdlog::default_logger_raw()->set_level(spdlog::level::off);
  }
  ~QuietLog() { spdlog::default_logger_raw()->set_level(before_); }
  QuietLog(const QuietLog&) = delete;
  QuietLog& operator=(const QuietLog&) = delete;

 private:
  spdlog::level::level_enum before_;
};

// Of a table with one required String column, whose types the server compares or does not.
inline Encoding code_encoding(bool states_types = true) {
  return {std::move(*RowEncoder::create({{"code", *parse_column_type("String")}}, {"code"})),
          insert_format("INSERT", states_types)};
}

class SettlementRig {
 public:
  enum class DeadLetters { kYes, kNo };

  static constexpr std::chrono::milliseconds kDelay{1000};
  static constexpr const char* kGood = R"({"code":"ab"})";

  explicit SettlementRig(std::size_t rows = 3, std::size_t prefetch = 100, std::size_t bytes = 1000,
                         DeadLetters with = DeadLetters::kYes)
      : settlement({{rows, bytes, kDelay}, std::chrono::hours(10'000)}, code_encoding(), guard,
                   inserter, ledger),
        with_(with) {
    settlement.consumes(prefetch);
    make_link();
  }

  void make_link() {
    settlement.link_made(source, with_ == DeadLetters::kYes ? &dead_letters : nullptr, now);
  }
  // The link is lost, and there is another one.
  void lose_link() {
    settlement.link_lost(now);
    last_tag = 0;
    make_link();
  }

  // The next delivery with this body; returns its tag.
  DeliveryTag take(const std::string& body, bool redelivered = false) {
    const DeliveryTag tag = ++last_tag;
    Delivery delivery;
    delivery.tag = tag;
    delivery.redelivered = redelivered;
    delivery.body = body;
    failed = !settlement.take(delivery, now).ok();
    return tag;
  }
  // The next delivery: a row of three bytes.
  DeliveryTag take_good() { return take(kGood); }
  // The same as one that came before.
  DeliveryTag take_again(const std::string& body) { return take(body, true); }
  // One that its queue would drop if it came back.
  DeliveryTag take_last(const char* body = kGood) {
    failed = !settlement.take(next_last(body), now).ok();
    return last_tag;
  }
  // The same, while the consumer is being cancelled.
  DeliveryTag take_late_last() {
    failed = !settlement.take_late(next_last(kGood), now).ok();
    return last_tag;
  }
  DeliveryTag take_bad() { return take("bad"); }
  DeliveryTag take_late(const std::string& body = "", bool redelivered = false) {
    Delivery delivery;
    delivery.tag = ++last_tag;
    delivery.redelivered = redelivered;
    delivery.body = body;
    failed = !settlement.take_late(delivery, now).ok();
    return last_tag;
  }
  DeliveryTag give_back() {
    take_late();
    failed = failed || !settlement.return_late().ok();
    return last_tag;
  }

  void confirm_dead_letter() { failed = !settlement.dead_lettered(dead_letters.confirm()).ok(); }

  void answer(const InsertOutcome& outcome) {
    inserter.under_way = false;
    failed = !settlement.inserted(outcome, now).ok();
  }
  void answer(InsertOutcome::Kind kind) {
    const int code = kind == InsertOutcome::Kind::kRefused ? 252 : 0;
    const bool stored = kind == InsertOutcome::Kind::kStored;
    answer({kind, code, stored ? "" : "no", ErrorClass::kTransient});
  }
  void store() { answer(InsertOutcome::Kind::kStored); }
  void refuse() { answer(InsertOutcome::Kind::kRefused); }
  void leave_unknown() { answer(InsertOutcome::Kind::kUnknown); }

  void table_unchanged() {
    inserter.under_way = false;
    TableOutcome outcome{};
    outcome.kind = TableOutcome::Kind::kUnchanged;
    failed = !settlement.table_checked(std::move(outcome), now).ok();
  }

  void drain() { failed = !settlement.drain(now).ok(); }

  void wait(Duration duration) {
    now += duration;
    failed = !settlement.time_passed(now).ok();
  }
  // Lets the time come at which the settlement wants to be called. Only when there is one.
  void wait_for_deadline() { wait(std::max(Duration::zero(), *settlement.deadline() - now)); }

  std::size_t count(Verdict verdict) const { return settlement.in_flight().count(verdict); }
  std::size_t in_hand() const { return settlement.in_flight().in_hand(); }
  std::size_t posts() const { return inserter.posts.size(); }
  const FakeInserter::Post& post(std::size_t i) const { return inserter.posts.at(i); }

  QuietLog quiet;
  TimePoint now{std::chrono::hours(1)};
  Scoreboard board = std::move(*Scoreboard::without_sharing());
  CrashGuard guard{board, {1, 0}};
  FakeSource source;
  FakeDeadLetters dead_letters;
  FakeInserter inserter;
  PrivateLedger ledger_of_one{now};
  PostLedger& ledger = ledger_of_one.ledger;
  Settlement settlement;
  DeliveryTag last_tag = 0;
  bool failed = false;  // whether the latest event was answered with an Error

 private:
  Delivery next_last(const char* body) {
    Delivery delivery;
    delivery.tag = ++last_tag;
    delivery.is_last = true;
    delivery.body = body;
    return delivery;
  }

  DeadLetters with_;
};

using Tags = std::vector<DeliveryTag>;

}  // namespace event_consumer::testing
