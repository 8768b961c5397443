// What the settlement tells of itself: every delivery has one verdict, and the counters prove it.
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "common/scoreboard/counter_table.h"
#include "tests/fakes/captured_log.h"
#include "tests/fakes/settlement_rig.h"
#include "tests/support/catch.h"
#include "tests/worker/message/encoded_properties.h"

namespace event_consumer {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::CapturedLog;
using testing::SettlementRig;

WorkerRecord report(SettlementRig& rig) {
  WorkerRecord record{};
  rig.settlement.report(record);
  CHECK(record.counters.received == record.counters.settled() + record.in_hand);
  return record;
}

std::uint64_t flushes(const WorkerRecord& record, FlushReason reason) {
  return record.counters.batches[static_cast<std::size_t>(reason)];
}

}  // namespace

TEST_CASE("what is stored, dead-lettered and in hand is counted") {
  SettlementRig rig(3);
  for (int i = 0; i < 4; ++i) rig.take_good();
  rig.take_bad();
  WorkerRecord record = report(rig);
  CHECK(record.counters.received == 5);
  CHECK(record.in_hand == 5);
  CHECK(record.filling_rows == 1);
  CHECK(record.inserting_since == to_monotonic_time(rig.now));

  rig.now += milliseconds(300);
  rig.store();
  rig.confirm_dead_letter();
  record = report(rig);
  CHECK(record.counters.inserted == 3);
  CHECK(record.counters.dead_lettered[static_cast<std::size_t>(Reason::kNotJson)] == 1);
  CHECK(record.in_hand == 1);
  CHECK(record.inserting_since == 0);
  CHECK(record.last_insert_at == to_monotonic_time(rig.now));
  CHECK(record.counters.insert_seconds.sum == Approx(0.3));
  CHECK(record.counters.batch_rows.sum == 3);
  CHECK(record.counters.inserted_rows == 3);
  CHECK(record.counters.inserted_bytes == 9);
}

TEST_CASE("a lost link returns what is in hand, also what waits for the dead-letter queue") {
  SettlementRig rig(3);
  rig.take_good();
  rig.take_bad();
  rig.lose_link();
  const WorkerRecord record = report(rig);
  CHECK(record.counters.returned == 2);
  CHECK(record.counters.all_dead_lettered() == 0);
  CHECK(record.in_hand == 0);
}

TEST_CASE("a delivery that comes too late is counted, and none of ours is acknowledged for it") {
  SettlementRig rig(3);
  rig.take_good();
  Delivery late;
  late.tag = 2;
  REQUIRE(rig.settlement.take_late(late, rig.now));
  WorkerRecord record = report(rig);
  CHECK(record.counters.received == 2);
  CHECK(record.in_hand == 2);
  rig.wait(SettlementRig::kDelay);
  rig.store();
  CHECK(report(rig).counters.inserted == 1);
  CHECK(rig.source.acknowledged_to() == 1);
}

TEST_CASE("a message left to the broker's own policy is counted as rejected") {
  SettlementRig rig(3, 100, 1000, SettlementRig::DeadLetters::kNo);
  rig.take_bad();
  CHECK(report(rig).counters.rejected == 1);
}

TEST_CASE("a delivery that came before is counted as redelivered too") {
  SettlementRig rig(3);
  rig.take_again(R"({"code":"ab"})");
  rig.take_good();
  const WorkerRecord record = report(rig);
  CHECK(record.counters.received == 2);
  CHECK(record.counters.redelivered == 1);
}

TEST_CASE(
    "a failed insert is counted by class and code, and is the last error until one is stored") {
  SettlementRig rig(1);
  rig.take_good();
  rig.refuse();
  WorkerRecord record = report(rig);
  CHECK(record.insert_failing == 1);
  CHECK(record.last_error.str() == "no");
  CHECK(record.counters.failed_inserts[0].code == 252);
  CHECK(record.counters.failed_inserts[0].count == 1);
  rig.wait_for_deadline();
  rig.store();
  record = report(rig);
  CHECK(record.insert_failing == 0);
}

TEST_CASE(
    "ClickHouse is back when it stores after any absence: counted once, with how long it was") {
  using Rig = SettlementRig;
  const auto fail = GENERATE(
      as<std::function<void(Rig&)>>(), [](Rig& rig) { rig.refuse(); },
      [](Rig& rig) { rig.leave_unknown(); });
  SettlementRig rig(1);
  const CapturedLog log;
  rig.take_good();
  fail(rig);
  rig.wait_for_deadline();
  fail(rig);
  rig.wait_for_deadline();
  CHECK(log.lines_with("ClickHouse takes inserts again") == 0);
  rig.store();
  rig.take_good();
  rig.store();
  CHECK(report(rig).counters.reconnects[static_cast<std::size_t>(Peer::kClickhouse)] == 1);
  CHECK(log.lines_with("ClickHouse takes inserts again, after ") == 1);
  CHECK(log.lines_with("what had been wrong: ") == 1);
}

TEST_CASE(
    "a refusal for no clear reason is an absence only when it lasts: it may be a row's doing") {
  const bool lasts = GENERATE(true, false);
  SettlementRig rig(2);
  const CapturedLog log;
  rig.take_good();
  rig.take_good();
  rig.answer({InsertOutcome::Kind::kRefused, 395, "no", ErrorClass::kUnclear});
  rig.wait_for_deadline();
  rig.now += seconds(lasts ? 6 : 1);
  rig.store();
  const std::size_t times = lasts ? 1 : 0;
  CHECK(report(rig).counters.reconnects[static_cast<std::size_t>(Peer::kClickhouse)] == times);
  CHECK(log.lines_with("ClickHouse takes inserts again") == times);
}

TEST_CASE("the first names of keys that no column takes are told, each once") {
  SettlementRig rig(9);
  for (int i = 0; i < 3; ++i) rig.take(R"({"code":"ab","x":1,"y y":2})");
  CHECK(report(rig).unknown_key_names.str() == "x, y y");
}

TEST_CASE("an answer that leaves an insert unknown is no lost connection") {
  SettlementRig rig(1);
  rig.take_good();
  rig.answer({InsertOutcome::Kind::kUnknown, 216, "it runs", ErrorClass::kTransient, {}, true});
  rig.wait_for_deadline();
  rig.store();
  const WorkerRecord record = report(rig);
  CHECK(record.counters.reconnects[static_cast<std::size_t>(Peer::kClickhouse)] == 0);
  CHECK(record.counters.possibly_doubled_rows == 0);
}

TEST_CASE("rows that may be stored twice are counted, where a repeated insert is not noticed") {
  for (const bool deduplicates : {false, true}) {
    SettlementRig rig(1);
    rig.take_good();
    rig.answer(
        {InsertOutcome::Kind::kUnknown, 0, "lost", ErrorClass::kTransient, {"", deduplicates}});
    CHECK(report(rig).counters.possibly_doubled_rows == (deduplicates ? 0 : 1));
  }
}

TEST_CASE("why batches were sealed is counted") {
  SettlementRig rig(2, 4, 30);
  rig.take_good();
  rig.take_good();
  CHECK(flushes(report(rig), FlushReason::kRows) == 1);
  rig.store();
  rig.take_good();
  rig.wait(seconds(1));
  CHECK(flushes(report(rig), FlushReason::kAge) == 1);
  SettlementRig full(/*rows=*/100, /*prefetch=*/1);
  full.take_good();
  CHECK(flushes(report(full), FlushReason::kWindow) == 1);
  SettlementRig stopped;
  stopped.take_good();
  stopped.drain();
  CHECK(flushes(report(stopped), FlushReason::kStop) == 1);
}

namespace {

double unix_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// What the histogram has seen of one message that was published at that time and is stored now.
Histogram<StoredAfterBounds> stored_after(std::optional<double> published_at) {
  SettlementRig rig(1);
  testing::EncodedProperties properties;
  if (published_at) {
    properties.properties._flags |= AMQP_BASIC_TIMESTAMP_FLAG;
    properties.properties.timestamp = static_cast<std::uint64_t>(*published_at);
  }
  const std::string encoded = properties.encoded();
  Delivery delivery;
  delivery.tag = 1;
  delivery.body = R"({"code":"ab"})";
  delivery.properties = encoded;
  REQUIRE(rig.settlement.take(delivery, rig.now));
  rig.store();
  return report(rig).counters.stored_after_seconds;
}

}  // namespace

TEST_CASE("the time from publishing to stored is counted by the timestamp of the message") {
  const auto counted = stored_after(unix_seconds() - 100);
  CHECK(counted.count() == 1);
  CHECK(counted.sum >= 100);
  CHECK(counted.sum < 120);
}

TEST_CASE("a publisher whose clock is ahead is stored after no time at all") {
  const auto counted = stored_after(unix_seconds() + 1000);
  CHECK(counted.count() == 1);
  CHECK(counted.sum == 0);
}

TEST_CASE("a message without a time, or with the time 0, is not in the histogram of those stored") {
  CHECK(stored_after(std::nullopt).count() == 0);
  CHECK(stored_after(0).count() == 0);
}

TEST_CASE("without a timestamp the time of the event counts as that of its publishing") {
  Scoreboard board = std::move(*Scoreboard::without_sharing());
  CrashGuard guard(board, {1, 0});
  RowWriter writer({std::move(*RowEncoder::create({{"at", *parse_column_type("DateTime")}}, {})),
                    testing::insert_format("INSERT", true)},
                   guard, 1000);
  RowBuffer rows;
  Delivery delivery;
  delivery.body = R"({"at":1700000000})";
  REQUIRE_FALSE(writer.write(delivery, rows));
  CHECK(writer.published_at(delivery) == 1.7e9);
  testing::EncodedProperties properties;
  properties.properties._flags |= AMQP_BASIC_TIMESTAMP_FLAG;
  properties.properties.timestamp = 1'800'000'000;
  const std::string encoded = properties.encoded();
  delivery.properties = encoded;
  CHECK(writer.published_at(delivery) == 1.8e9);
}

TEST_CASE("a dead letter is counted for the column that it was refused for") {
  SettlementRig rig;
  rig.take(R"({"code":null})");
  rig.take_bad();
  rig.confirm_dead_letter();
  rig.confirm_dead_letter();
  const WorkerCounters counters = report(rig).counters;
  CHECK(counters.all_dead_lettered() == 2);
  CHECK(total_of(counters.dead_letter_columns) == 1);
  CHECK(counters.dead_letter_columns[0].column.str() == "code");
  CHECK((Reason(counters.dead_letter_columns[0].reason) == Reason::kMissingField));
}

TEST_CASE("when something was taken last is told, and nothing before that") {
  SettlementRig rig;
  CHECK(report(rig).last_taken_at == 0);
  rig.take_good();
  const TimePoint taken_at = rig.now;
  rig.wait(seconds(5));
  CHECK(report(rig).last_taken_at == to_monotonic_time(taken_at));
}

}  // namespace event_consumer
