#include "supervisor/status/history.h"

#include <rapidjson/document.h>

#include "tests/fakes/board_rig.h"
#include "tests/support/catch.h"

namespace event_consumer {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kInterval = HistoryRing::kInterval;

rapidjson::Document parse(const std::string& json) {
  rapidjson::Document document;
  document.Parse(json.c_str());
  REQUIRE(document.IsObject());
  return document;
}

std::size_t samples_in(const History& history, TimePoint now) {
  return parse(history.json(now))["seconds_ago"].Size();
}

}  // namespace

TEST_CASE("history: a sample is taken when it is due, and no sooner") {
  const TimePoint now = Clock::now();
  const BoardRig rig(now, 1);
  History history(rig.board);
  CHECK_FALSE(history.deadline());
  CHECK(samples_in(history, now) == 0);
  history.act(now);
  CHECK(history.deadline() == now + kInterval);
  history.act(now + kInterval - milliseconds(1));
  CHECK(samples_in(history, now) == 1);
  history.act(now + kInterval + milliseconds(1));
  CHECK(samples_in(history, now) == 2);
}

TEST_CASE("history: says what was counted by then and what there was, the oldest first") {
  const TimePoint now = Clock::now();
  BoardRig rig(now, 2);
  History history(rig.board);
  history.act(now);
  rig.worker(1, [&](WorkerRecord& record) {
    record.in_hand = 7;
    record.oldest_taken_at = to_monotonic_time(now);
    record.counters.received = 100;
    record.counters.inserted = 90;
    record.counters.dead_lettered[static_cast<std::size_t>(Reason::kBadValue)] = 3;
    record.counters.insert_seconds.observe(0.5);
    record.counters.count_failed_insert(0, 210, 2);
    record.counters.reconnects = {1, 1};
  });
  rig.worker(2, [](WorkerRecord& record) { record.counters.received = 1; });
  rig.supervisor.deaths[0] = 4;
  rig.publish();
  history.act(now + kInterval);
  CHECK(
      history.json(now + seconds(6)) ==
      "{\"interval_seconds\":5,\"seconds_ago\":[6.0,1.0],\"received\":[0,101],\"inserted\":[0,90],"
      "\"dead_lettered\":{\"bad_value\":[0,3]},\"inserts\":[0,1],\"insert_seconds\":[0.0,0.5],"
      "\"failed_inserts\":[0,2],\"lost_links\":[0,2],\"deaths\":[0,4],\"in_hand\":[0,7],"
      "\"oldest_seconds\":[0.0,5.0]}\n");
}

TEST_CASE("history: holds the last quarter of an hour and does not grow") {
  TimePoint now = Clock::now();
  BoardRig rig(now, 1);
  History history(rig.board);
  std::size_t bytes = 0;
  for (std::uint64_t i = 0; i < 1'000; ++i, now += kInterval) {
    rig.worker(1, [&](WorkerRecord& record) { record.counters.received = 1'000 + i; });
    history.act(now);
    if (i == 500) bytes = history.json(now).size();
  }
  const auto json = parse(history.json(now - kInterval));
  const auto& ages = json["seconds_ago"];
  REQUIRE(ages.Size() == HistoryRing::kMostSamples);
  CHECK(ages[0].GetDouble() == 15 * 60);
  CHECK(ages[ages.Size() - 1].GetDouble() == 0);
  CHECK(json["received"][0].GetUint64() == 1'999 - 180);
  CHECK(json["received"][180].GetUint64() == 1'999);
  CHECK(history.json(now - kInterval).size() == bytes);
}

TEST_CASE("history: outlives the worker that counted, and the server that sampled") {
  const TimePoint now = Clock::now();
  BoardRig rig(now, 1);
  rig.worker(1, [](WorkerRecord& record) { record.counters.received = 5; });
  History(rig.board).act(now);
  // As it is reaped: its counters go to the slot.
  DepartedRecord departed{};
  departed.counters.received = 5;
  departed.lives[0] = 1;
  rig.board.slot(1).departed.publish(departed);
  History history(rig.board);
  CHECK(history.deadline() == now + kInterval);
  history.act(now + kInterval);
  const auto json = parse(history.json(now + kInterval));
  REQUIRE(json["received"].Size() == 2);
  CHECK(json["received"][0].GetUint64() == 5);
  CHECK(json["received"][1].GetUint64() == 5);
}

}  // namespace event_consumer
