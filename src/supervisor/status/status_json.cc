#include "supervisor/status/status_json.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <optional>

#include "common/scoreboard/counter_table.h"
#include "common/text.h"
#include "supervisor/instance_summary.h"
#include "supervisor/status/readiness.h"

namespace event_consumer {

namespace {

class Json {
 public:
  void member(const char* key, const std::string& text) {
    writer_.Key(key);
    // What servers said may hold any bytes.
    const std::string string = json_string(text);
    writer_.RawValue(string.data(), string.size(), rapidjson::kStringType);
  }
  void member(const char* key, const char* text) { member(key, std::string(text)); }
  void member(const char* key, std::string_view text) { member(key, std::string(text)); }
  void member(const char* key, bool value) {
    writer_.Key(key);
    writer_.Bool(value);
  }
  void member(const char* key, std::uint64_t number) {
    writer_.Key(key);
    writer_.Uint64(number);
  }
  // Seconds, to the millisecond.
  void member(const char* key, double seconds) {
    writer_.Key(key);
    writer_.Double(std::round(seconds * 1000) / 1000);
  }
  // How long ago `at` was; null when it never was.
  void age(const char* key, MonotonicTime at, TimePoint now) {
    if (at == 0) return null(key);
    member(key, seconds_since(at, now));
  }
  void null(const char* key) {
    writer_.Key(key);
    writer_.Null();
  }
  void open_object(const char* key = nullptr) {
    if (key != nullptr) writer_.Key(key);
    writer_.StartObject();
  }
  void close_object() { writer_.EndObject(); }
  void open_array(const char* key) {
    writer_.Key(key);
    writer_.StartArray();
  }
  void close_array() { writer_.EndArray(); }
  std::string text() const { return buffer_.GetString(); }

 private:
  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> writer_{buffer_};
};

std::string host_name() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

void add_counters(Json& json, const WorkerCounters& counters, std::uint64_t in_hand) {
  const auto add = [&](bool of_balance) {
    for_each_counter([&](const auto& counter) {
      if (counter.status_key == nullptr) return;
      if ((counter.part != BalancePart::kNone) == of_balance)
        json.member(counter.status_key, total_of(counters.*counter.member));
    });
  };
  add(/*of_balance=*/true);
  json.member("in_hand", in_hand);
  add(/*of_balance=*/false);
}

void add_process(Json& json, const WorkerRecord& worker, TimePoint now) {
  json.member("pid", static_cast<std::uint64_t>(worker.pid));
  json.member("state", word(worker.state));
  json.member("reason", worker.reason.str());
  json.age("state_seconds", worker.state_since, now);
  json.age("heartbeat_seconds_ago", worker.heartbeat_at, now);
  json.member("batch_rows", worker.filling_rows);
  json.member("unacknowledged", worker.unacknowledged);
  json.member("held_bytes", worker.held_bytes);
  json.age("oldest_seconds", worker.oldest_taken_at, now);
  json.age("inserting_seconds", worker.inserting_since, now);
  json.age("last_insert_seconds_ago", worker.last_insert_at, now);
  json.member("insert_failing", worker.insert_failing != 0);
  json.member("last_error", worker.last_error.str());
  json.age("last_error_seconds_ago", worker.last_error_at, now);
  json.age("last_error_over_seconds_ago", worker.last_error_over_at, now);
}

void add_slot(Json& json, int slot, const SlotView& view, TimePoint now) {
  json.open_object();
  json.member("worker", static_cast<std::uint64_t>(slot));
  json.member("restarts", view.restarts);
  add_counters(json, view.counters, view.in_hand);
  // Two while a replacement takes over, none between a death and the next start.
  json.open_array("processes");
  for (int i = 0; i < view.living_count; ++i) {
    json.open_object();
    add_process(json, view.living[static_cast<std::size_t>(i)], now);
    json.close_object();
  }
  json.close_array();
  json.close_object();
}

// All null while it is not known.
void add_queue(Json& json, const std::optional<QueueCount>& queue) {
  if (!queue) {
    for (const char* key : {"queue_messages", "queue_consumers", "queue_empty_in_seconds"})
      json.null(key);
    return;
  }
  json.member("queue_messages", queue->messages);
  json.member("queue_consumers", queue->consumers);
  if (std::isnan(queue->empty_in_seconds))
    json.null("queue_empty_in_seconds");
  else
    json.member("queue_empty_in_seconds", queue->empty_in_seconds);
}

void add_instance(Json& json, const Scoreboard& board, const Options& options, TimePoint now) {
  const SupervisorRecord supervisor = board.supervisor().read();
  const InstanceSummary summary = summarise(board);
  const std::string not_alive = why_not_alive(board, now);
  const std::string not_ready = why_not_ready(board, summary, now);
  json.member("instance", host_name());
  json.member("queue", options.rabbitmq_queue);
  json.member("pid", static_cast<std::uint64_t>(supervisor.pid));
  json.member("table", options.clickhouse_database + "." + options.clickhouse_table);
  json.member("version", EVENT_CONSUMER_VERSION);
  json.member("state", kInstanceStateWords[static_cast<std::size_t>(supervisor.state)]);
  json.member("alive", not_alive.empty());
  json.member("ready", not_ready.empty());
  json.member("not_ready_because", not_ready);
  json.member("paused", summary.paused);
  json.member("started_at_unix_seconds",
              static_cast<std::uint64_t>(supervisor.started_at_unix_seconds));
  json.member("rabbitmq_version", summary.rabbitmq_version);
  json.member("clickhouse_version", summary.clickhouse_version);
  json.member("clickhouse_host", summary.clickhouse_hosts);
  json.member("clickhouse_host_reason", summary.clickhouse_host_reason);
  if (summary.deduplication == Deduplication::kUnknown)
    json.null("table_deduplicates");
  else
    json.member("table_deduplicates", summary.deduplication == Deduplication::kYes);
  json.member("doubling_tables", summary.doubling);
  if (summary.stored_in.durability == Durability::kUnknown)
    json.null("stored");
  else
    json.member("stored", word(summary.stored_in.durability));
  json.member("stored_replicas", summary.stored_in.replicas);
  json.member("stored_means", describe(summary.stored_in));
  json.member("unknown_key_names", summary.unknown_key_names);
  add_queue(json, recent_count(summary, now));
  json.member("dead_letter_queue_messages", summary.dead_letter_queue_messages);
  json.member("workers_wanted", summary.workers);
  json.member("workers_consuming", summary.consuming);
  json.age("last_insert_seconds_ago", summary.last_insert_at, now);
  json.open_object("totals");
  add_counters(json, summary.counters, summary.in_hand);
  json.close_object();
}

}  // namespace

std::string status_json(const Scoreboard& board, const Options& options, TimePoint now) {
  Json json;
  json.open_object();
  add_instance(json, board, options, now);
  json.open_array("workers");
  const auto slots = static_cast<int>(board.supervisor().read().slots);
  for (int slot = 1; slot <= slots; ++slot) add_slot(json, slot, view_slot(board.slot(slot)), now);
  json.close_array();
  json.close_object();
  return json.text() + "\n";
}

}  // namespace event_consumer
