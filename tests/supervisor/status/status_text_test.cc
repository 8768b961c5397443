#include "supervisor/status/status_text.h"

#include <cmath>
#include <sstream>

#include "common/terminal.h"
#include "common/text.h"
#include "supervisor/status/status_json.h"
#include "tests/fakes/status_rig.h"
#include "tests/support/catch.h"

namespace event_consumer {

namespace {

using std::chrono::seconds;

}  // namespace

TEST_CASE("status as text: who answers, how it is, and a line for each worker") {
  const TimePoint now = Clock::now();
  StatusRig rig(now, 2);
  const std::string before = rig.json(now);
  rig.worker(1, [&](WorkerRecord& record) {
    record.counters.received = 2510;
    record.counters.inserted = 2500;
    record.in_hand = 10;
    record.dead_letter_queue_messages = 3;
    record.deduplication = Deduplication::kNo;
    record.clickhouse_version.set("18.16.1");
    record.last_error.set("ClickHouse said no");
    record.last_error_at = to_monotonic_time(now - seconds(90));
  });
  const std::string text = status_text(rig.json(now), before, std::chrono::seconds(2));
  INFO(text);
  CHECK(contains(text, "process 4711\nqueue clicks to table db.events\n"));
  CHECK(contains(text,
                 "running, ready; 1 of 2 workers consume; RabbitMQ ?, ClickHouse 18.16.1\nat "
                 "least once"));
  CHECK(contains(text,
                 "received 2510 = inserted 2500 + dead-lettered 0 + rejected 0 + recognised 0 +\n"
                 "returned 0 + in hand 10\n"));
  CHECK(contains(text, "3 messages in the dead-letter queue"));
  CHECK(contains(text,
                 "\n1  101  consuming   0.0 s      1250      2500       10                 0\n"));
  CHECK(contains(text, "\n2    -  no process"));
  CHECK(contains(text, "\nworker 1: 90 s ago: ClickHouse said no\n"));
}

TEST_CASE("status as text: what waits in the queue, while that is known") {
  const TimePoint now = Clock::now();
  StatusRig rig(now, 1);
  const auto shown = [&](double empty_in_seconds, TimePoint counted_at) {
    rig.worker(1, [&](WorkerRecord& record) {
      record.queue = {1200, 2, empty_in_seconds, to_monotonic_time(counted_at)};
    });
    const std::string json = rig.json(now);
    return json + status_text(json, json, seconds(1));
  };
  const std::string emptied = shown(90, now);
  INFO(emptied);
  CHECK(contains(emptied, R"("queue_messages":1200,"queue_consumers":2,)"
                          R"("queue_empty_in_seconds":90.0,)"));
  CHECK(contains(emptied, "\n1200 messages wait in the queue, empty in about 90 s\n"));
  const std::string growing = shown(std::nan(""), now);
  CHECK(contains(growing, R"("queue_empty_in_seconds":null,)"));
  CHECK(contains(growing, "\n1200 messages wait in the queue\n"));
  const std::string old = shown(90, now - seconds(31));
  CHECK(contains(old, R"("queue_messages":null,"queue_consumers":null,)"));
  CHECK_FALSE(contains(old, "wait in the queue"));
}

TEST_CASE("status as text: what stored means, and which tables would double") {
  const TimePoint now = Clock::now();
  StatusRig rig(now, 1);
  const auto shown = [&](const StoredIn& stored, const char* doubling) {
    rig.worker(1, [&](WorkerRecord& record) {
      record.deduplication = doubling == nullptr ? Deduplication::kYes : Deduplication::kNo;
      record.stored_in = stored;
      record.doubling.set(doubling == nullptr ? "" : doubling);
    });
    const std::string json = rig.json(now);
    return json + status_text(json, json, seconds(1));
  };
  const std::string replicas = shown({Durability::kReplicas, 2}, nullptr);
  INFO(replicas);
  CHECK(contains(
      replicas,
      R"("doubling_tables":"","stored":"replicas","stored_replicas":2,"stored_means":"on at least 2 replicas",)"));
  CHECK(
      contains(replicas, "\na repeated insert is noticed; stored means on at least 2 replicas\n"));
  const std::string memory = shown({Durability::kMemory, 0}, "`d`.`t`");
  CHECK(contains(memory, R"("doubling_tables":"`d`.`t`","stored":"memory","stored_replicas":0,)"));
  CHECK(contains(memory,
                 "\nat least once (a repeated insert is not noticed in `d`.`t`); stored means in\n"
                 "memory only\n"));
  CHECK(contains(shown({Durability::kUnknown, 0}, ""), R"("stored":null)"));
}

TEST_CASE("status as text: keys that no column takes are counted and named") {
  const TimePoint now = Clock::now();
  StatusRig rig(now, 1);
  const std::string before = rig.json(now);
  CHECK_FALSE(contains(status_text(before, before, seconds(1)), "no column takes"));
  rig.worker(1, [&](WorkerRecord& record) {
    record.counters.unknown_keys = 7;
    record.unknown_key_names.set("note, zweck");
  });
  const std::string json = rig.json(now);
  CHECK(contains(json, R"("unknown_key_names":"note, zweck")"));
  CHECK(contains(status_text(json, json, seconds(1)),
                 "\n7 keys that no column takes: note, zweck\n"));
}

TEST_CASE("status as text: a last error that is over is said to be") {
  const TimePoint now = Clock::now();
  StatusRig rig(now, 1);
  rig.worker(1, [&](WorkerRecord& record) {
    record.last_error.set("ClickHouse said no");
    record.last_error_at = to_monotonic_time(now - seconds(90));
    record.last_error_over_at = to_monotonic_time(now - seconds(30));
  });
  const std::string json = rig.json(now);
  CHECK(contains(json, "\"last_error_over_seconds_ago\""));
  CHECK(
      contains(status_text(json, json, seconds(1)), "90 s ago, over for 30 s: ClickHouse said no"));
}

TEST_CASE("status as text: both processes of a slot while one takes over from the other") {
  const TimePoint now = Clock::now();
  StatusRig rig(now, 1);
  rig.worker(1, [](WorkerRecord& record) { record.state = WorkerState::kDraining; });
  rig.worker({1, 1}, [](WorkerRecord& record) { record.pid = 999; });
  const std::string json = rig.json(now);
  const std::string text = status_text(json, json, seconds(1));
  INFO(text);
  CHECK(contains(text, "\n1  101  draining "));
  CHECK(contains(text, "\n   999  consuming"));
}

TEST_CASE("status as text: it fits 80 columns, whatever the figures and errors") {
  const TimePoint now = Clock::now();
  StatusRig rig(now, 12);
  rig.worker(12, [&](WorkerRecord& record) {
    record.pid = 4'194'304;
    record.counters.received = 999'999'999'999;
    record.counters.inserted = 999'999'999'999;
    record.in_hand = 65'535;
    record.last_error.set("ClickHouse said " + std::string(60, 'a') + " and more \x1b[2J");
    record.last_error_at = to_monotonic_time(now - seconds(7300));
    record.inserting_since = to_monotonic_time(now - seconds(100));
  });
  const std::string json = rig.json(now);
  const std::string text = status_text(json, json, seconds(1));
  INFO(text);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) CHECK(width_of(line) <= 80);
  // A server's words do not draw on the terminal.
  CHECK(contains(text, "\\x1b[2J"));
}

TEST_CASE("status: one that stands still is not alive") {
  const TimePoint now = Clock::now();
  StatusRig rig(now, 1);
  rig.worker(1);
  CHECK(is_alive(rig.json(now)));
  const std::string json = rig.json(now + seconds(60));
  CHECK_FALSE(is_alive(json));
  CHECK(contains(status_text(json, json, seconds(1)), "NOT ALIVE: the supervisor has shown no"));
}

TEST_CASE("status: what is something else is known as such") {
  for (const char* text : {"", "not json", "[]", "{}", "{\"instance\":1,\"workers\":[]}",
                           "{\"instance\":\"x\",\"workers\":7}"}) {
    INFO(text);
    CHECK_FALSE(is_status(text));
  }
}

}  // namespace event_consumer
