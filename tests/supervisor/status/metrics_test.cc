#include "supervisor/status/metrics.h"

#include <unistd.h>

#include <cmath>

#include "common/text.h"
#include "common/utf8.h"
#include "tests/fakes/board_rig.h"
#include "tests/support/catch.h"

namespace event_consumer {

namespace {

using std::chrono::seconds;

constexpr double kUnixSeconds = 1'800'000'000;

std::string metrics_of(const BoardRig& rig, TimePoint now) {
  Options options;
  options.rabbitmq_queue = "clicks";
  options.clickhouse_database = "web";
  options.clickhouse_table = "click_events";
  return metrics_text(rig.board, options, now, kUnixSeconds);
}

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("metrics: counters of each worker, by reason, class and peer") {
  const TimePoint now = Clock::now();
  BoardRig rig(now, 2);
  rig.worker(1, [](WorkerRecord& record) {
    record.counters.received = 12;
    record.counters.inserted = 7;
    record.counters.dead_lettered[static_cast<std::size_t>(Reason::kBadValue)] = 3;
    record.counters.batches[static_cast<std::size_t>(FlushReason::kAge)] = 4;
    record.counters.reconnects[static_cast<std::size_t>(Peer::kRabbitmq)] = 5;
    record.counters.count_failed_insert(0, 241, 6);
    record.in_hand = 2;
  });
  const std::string text = metrics_of(rig, now);
  INFO(text);
  CHECK(has_line(text, R"(event_consumer_events_received_total{worker="1"} 12)"));
  CHECK(has_line(text, R"(event_consumer_events_received_total{worker="2"} 0)"));
  CHECK(has_line(text, R"(event_consumer_events_inserted_total{worker="1"} 7)"));
  CHECK(has_line(text,
                 R"(event_consumer_events_dead_lettered_total{worker="1",reason="bad_value"} 3)"));
  CHECK(has_line(text, R"(event_consumer_batches_total{worker="1",reason="age"} 4)"));
  CHECK(has_line(text, R"(event_consumer_reconnects_total{worker="1",peer="rabbitmq"} 5)"));
  CHECK(has_line(
      text, R"(event_consumer_failed_inserts_total{worker="1",class="transient",code="241"} 6)"));
  CHECK(has_line(text, R"(event_consumer_events_in_hand{worker="1"} 2)"));
  CHECK(has_line(text, R"(event_consumer_worker_state{worker="1",state="consuming"} 1)"));
  CHECK(has_line(text, R"(event_consumer_worker_state{worker="2",state="none"} 1)"));
}

TEST_CASE("metrics: histograms count cumulatively and have a sum") {
  const TimePoint now = Clock::now();
  BoardRig rig(now, 1);
  rig.worker(1, [](WorkerRecord& record) {
    record.counters.insert_seconds.observe(0.004);
    record.counters.insert_seconds.observe(0.2);
    record.counters.insert_seconds.observe(100);
  });
  const std::string text = metrics_of(rig, now);
  const std::string name = "event_consumer_insert_duration_seconds";
  CHECK(has_line(text, name + R"(_bucket{worker="1",le="0.005"} 1)"));
  CHECK(has_line(text, name + R"(_bucket{worker="1",le="0.25"} 2)"));
  CHECK(has_line(text, name + R"(_bucket{worker="1",le="30"} 2)"));
  CHECK(has_line(text, name + R"(_bucket{worker="1",le="+Inf"} 3)"));
  CHECK(has_line(text, name + R"(_count{worker="1"} 3)"));
  CHECK(has_line(text, name + R"(_sum{worker="1"} 100.204)"));
}

TEST_CASE("metrics: times and ages, absent when there are none") {
  const TimePoint now = Clock::now();
  BoardRig rig(now, 2);
  rig.worker(1, [&](WorkerRecord& record) {
    record.last_taken_at = to_monotonic_time(now - seconds(60));
    record.last_insert_at = to_monotonic_time(now - seconds(10));
    record.oldest_taken_at = to_monotonic_time(now - seconds(3));
    record.event_lag_seconds = 2.5;
  });
  rig.worker(2, [&](WorkerRecord& record) {
    record.last_taken_at = to_monotonic_time(now);
    record.event_lag_seconds = std::nan("");
  });
  const std::string text = metrics_of(rig, now);
  CHECK(has_line(text, R"(event_consumer_last_insert_timestamp_seconds{worker="1"} 1799999990)"));
  CHECK(text.find(R"(last_insert_timestamp_seconds{worker="2"})") == std::string::npos);
  CHECK(has_line(text, R"(event_consumer_oldest_unacknowledged_seconds{worker="1"} 3)"));
  CHECK(text.find(R"(oldest_unacknowledged_seconds{worker="2"})") == std::string::npos);
  CHECK(has_line(text, R"(event_consumer_event_lag_seconds{worker="1"} 2.5)"));
  CHECK(text.find(R"(event_lag_seconds{worker="2"})") == std::string::npos);
  // Who takes nothing for a minute has no lag.
  CHECK(metrics_of(rig, now + seconds(1)).find("event_lag_seconds{") == std::string::npos);
}

TEST_CASE("metrics: while a worker is replaced, both its processes count") {
  const TimePoint now = Clock::now();
  BoardRig rig(now, 1);
  rig.worker({1, 0}, [&](WorkerRecord& older) {
    older.state = WorkerState::kDraining;  // of what ClickHouse does not take
    older.in_hand = older.unacknowledged = 40;
    older.held_bytes = 4000;
    older.oldest_taken_at = to_monotonic_time(now - seconds(600));
    older.last_insert_at = to_monotonic_time(now - seconds(10));
    older.insert_failing = 1;
  });
  rig.worker({1, 1}, [&](WorkerRecord& replacement) {
    replacement.in_hand = replacement.unacknowledged = 2;
    replacement.held_bytes = 200;
    replacement.oldest_taken_at = to_monotonic_time(now - seconds(1));
  });
  const std::string text = metrics_of(rig, now);
  INFO(text);
  CHECK(has_line(text, R"(event_consumer_events_in_hand{worker="1"} 42)"));
  CHECK(has_line(text, R"(event_consumer_unacknowledged{worker="1"} 42)"));
  CHECK(has_line(text, R"(event_consumer_held_bytes{worker="1"} 4200)"));
  CHECK(has_line(text, R"(event_consumer_oldest_unacknowledged_seconds{worker="1"} 600)"));
  CHECK(has_line(text, R"(event_consumer_insert_failing{worker="1"} 1)"));
  CHECK(has_line(text, R"(event_consumer_last_insert_timestamp_seconds{worker="1"} 1799999990)"));
}

TEST_CASE("metrics: a worker without a process says nothing of its inserts") {
  const TimePoint now = Clock::now();
  BoardRig rig(now, 2);
  rig.worker(1, [](WorkerRecord& record) { record.insert_failing = 1; });
  const std::string text = metrics_of(rig, now);
  CHECK(has_line(text, R"(event_consumer_insert_failing{worker="1"} 1)"));
  // A 0 would hide from the alert that all others fail.
  CHECK(text.find(R"(event_consumer_insert_failing{worker="2"})") == std::string::npos);
}

TEST_CASE("metrics: no name makes them unreadable") {
  const TimePoint now = Clock::now();
  BoardRig rig(now, 1);
  rig.worker(1, [](WorkerRecord& record) {
    record.rabbitmq_version.set("3.10\n\"");
    record.counters.count_dead_letter_column(Reason::kBadValue,
                                             "gr\xF6\xDF"
                                             "e");
  });
  Options options;
  options.rabbitmq_queue = "caf\xE9";
  const std::string text = metrics_text(rig.board, options, now, kUnixSeconds);
  CHECK(find_invalid_utf8(text) == std::string::npos);
  CHECK(contains(text, R"(queue="caf\\xe9")"));
  CHECK(contains(text, R"(column="gr\\xf6\\xdfe")"));
  CHECK(contains(text, R"(rabbitmq_version="3.10\\x0a\"")"));
}

TEST_CASE("metrics: every class of failed inserts is there from the start") {
  const TimePoint now = Clock::now();
  BoardRig rig(now, 1);
  std::string text = metrics_of(rig, now);
  const std::string name = R"(event_consumer_failed_inserts_total{worker="1",class=")";
  for (const std::string_view each : kErrorClassWords)
    CHECK(has_line(text, name + std::string(each) + R"(",code="0"} 0)"));
  rig.worker(1, [](WorkerRecord& record) {
    record.counters.count_failed_insert(0, 0, 2);
    record.counters.count_failed_insert(1, 6, 3);
  });
  text = metrics_of(rig, now);
  CHECK(has_line(text, name + R"(transient",code="0"} 2)"));
  CHECK(has_line(text, name + R"(data",code="0"} 0)"));
  CHECK(has_line(text, name + R"(data",code="6"} 3)"));
}

TEST_CASE("metrics: dead letters by reason and column") {
  const TimePoint now = Clock::now();
  BoardRig rig(now, 1);
  rig.worker(1, [](WorkerRecord& record) {
    record.counters.count_dead_letter_column(Reason::kBadValue, "ip_address");
    record.counters.count_dead_letter_column(Reason::kMissingField, "ip_address");
    record.counters.count_dead_letter_column(Reason::kBadValue, "ip_address");
  });
  const std::string text = metrics_of(rig, now);
  const std::string name = R"(event_consumer_dead_letter_columns_total{worker="1",reason=)";
  CHECK(has_line(text, name + R"("bad_value",column="ip_address"} 2)"));
  CHECK(has_line(text, name + R"("missing_field",column="ip_address"} 1)"));
}

TEST_CASE("metrics: what the kernel says of each worker's process") {
  const TimePoint now = Clock::now();
  BoardRig rig(now, 2);
  rig.worker(1, [](WorkerRecord& record) { record.pid = getpid(); });
  const std::string text = metrics_of(rig, now);
  for (const char* name : {"process_cpu_seconds_total", "process_resident_memory_bytes",
                           "process_open_fds", "process_start_time_seconds"}) {
    CHECK(text.find(std::string("\n") + name + R"({worker="1"} )") != std::string::npos);
    CHECK(text.find(std::string(name) + R"({worker="2"})") == std::string::npos);
  }
}

TEST_CASE("metrics: what the main thread of a worker spends its time on") {
  const TimePoint now = Clock::now();
  BoardRig rig(now, 1);
  rig.worker(1, [](WorkerRecord& record) { record.counters.spent_seconds = {1.5, 2, 3}; });
  const std::string text = metrics_of(rig, now);
  const std::string name = R"(event_consumer_worker_seconds_total{worker="1",activity=)";
  CHECK(has_line(text, name + R"("encoding"} 1.5)"));
  CHECK(has_line(text, name + R"("waiting_for_rabbitmq"} 2)"));
  CHECK(has_line(text, name + R"("waiting_for_clickhouse"} 3)"));
}

TEST_CASE("metrics: the instance") {
  const TimePoint now = Clock::now();
  BoardRig rig(now, 2);
  rig.supervisor.deaths[static_cast<std::size_t>(DeathCause::kWatchdog)] = 8;
  rig.supervisor.reloads = 9;
  rig.publish();
  CHECK(metrics_of(rig, now).find("table_deduplicates") == std::string::npos);
  CHECK(metrics_of(rig, now).find("stored_info") == std::string::npos);
  rig.worker(1, [](WorkerRecord& record) {
    record.deduplication = Deduplication::kYes;
    record.stored_in = {Durability::kReplicas, 2};
    record.dead_letter_queue_messages = 11;
    record.certificates_until = {1'900'000'000, 0};
  });
  rig.worker(2, [](WorkerRecord& record) {
    record.state = WorkerState::kConnecting;
    record.certificates_until = {1'800'000'000, 0};
  });
  const std::string text = metrics_of(rig, now);
  CHECK(has_line(text, "event_consumer_build_info{version=\"" EVENT_CONSUMER_VERSION "\"} 1"));
  CHECK(has_line(text, "event_consumer_start_time_seconds 1700000000"));
  CHECK(has_line(text, "event_consumer_ready 1"));
  CHECK(has_line(text, "event_consumer_workers 2"));
  CHECK(has_line(text, "event_consumer_workers_consuming 1"));
  CHECK(has_line(text, "event_consumer_table_deduplicates 1"));
  // Of two workers the sooner; without TLS there is none.
  CHECK(has_line(
      text, R"(event_consumer_certificate_expiry_timestamp_seconds{peer="rabbitmq"} 1800000000)"));
  CHECK_FALSE(contains(text, R"(timestamp_seconds{peer="clickhouse"})"));
  CHECK(has_line(text, R"(event_consumer_stored_info{durability="replicas",replicas="2"} 1)"));
  CHECK(has_line(text, "event_consumer_dead_letter_queue_messages 11"));
  CHECK(has_line(text, R"(event_consumer_worker_deaths_total{cause="watchdog"} 8)"));
  CHECK(has_line(text, "event_consumer_reloads_total 9"));
}

TEST_CASE("metrics: what moves from where to where, by the hosts in use") {
  const TimePoint now = Clock::now();
  BoardRig rig(now, 3);
  CHECK(has_line(metrics_of(rig, now),
                 "event_consumer_info{version=\"" EVENT_CONSUMER_VERSION
                 "\",queue=\"clicks\",table=\"web.click_events\",rabbitmq_version=\"\","
                 "rabbitmq_host=\"\",clickhouse_version=\"\",clickhouse_host=\"\"} 1"));
  for (int slot = 1; slot <= 3; ++slot)
    rig.worker(slot, [&](WorkerRecord& record) {
      record.deduplication = Deduplication::kNo;
      record.rabbitmq_version.set("3.10.8");
      record.rabbitmq_host.set("rabbit:5672");
      record.clickhouse_version.set("26.7.1");
      record.clickhouse_host.set(slot == 1 ? "two:8123" : "one:8123");
    });
  const std::string text = metrics_of(rig, now);
  INFO(text);
  CHECK(text.find(R"(rabbitmq_version="3.10.8",rabbitmq_host="rabbit:5672",)"
                  R"(clickhouse_version="26.7.1",clickhouse_host="one:8123,two:8123"} 1)") !=
        std::string::npos);
}

TEST_CASE("metrics: the source queue once for the instance, absent while it is not known") {
  const TimePoint now = Clock::now();
  BoardRig rig(now, 2);
  rig.worker(1);
  CHECK(metrics_of(rig, now).find("event_consumer_queue_") == std::string::npos);
  rig.worker(1, [&](WorkerRecord& record) {
    record.queue = {500, 3, 12.5, to_monotonic_time(now - seconds(8))};
  });
  rig.worker(2, [&](WorkerRecord& record) {
    record.queue = {400, 3, std::nan(""), to_monotonic_time(now - seconds(29))};
  });
  std::string text = metrics_of(rig, now);
  CHECK(has_line(text, "event_consumer_queue_messages 500"));
  CHECK(has_line(text, "event_consumer_queue_consumers 3"));
  CHECK(has_line(text, "event_consumer_queue_time_to_empty_seconds 12.5"));
  rig.worker(1);
  text = metrics_of(rig, now);
  CHECK(has_line(text, "event_consumer_queue_messages 400"));
  CHECK(text.find("time_to_empty") == std::string::npos);
  CHECK(metrics_of(rig, now + seconds(2)).find("event_consumer_queue_") == std::string::npos);
}

}  // namespace event_consumer
