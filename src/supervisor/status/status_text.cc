#include "supervisor/status/status_text.h"

#include <rapidjson/document.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <vector>

#include "common/scoreboard/durability.h"
#include "supervisor/balance_line.h"
#include "supervisor/format.h"

namespace event_consumer {

namespace {

using Value = rapidjson::Value;

// Scripts and older programs may answer with less: what is absent is empty or 0.
const Value& member(const Value& object, const char* key) {
  static const Value kNull;
  if (!object.IsObject()) return kNull;
  const auto at = object.FindMember(key);
  return at == object.MemberEnd() ? kNull : at->value;
}

std::string text(const Value& object, const char* key) {
  const Value& value = member(object, key);
  return value.IsString() ? std::string(value.GetString(), value.GetStringLength()) : "";
}

std::uint64_t number(const Value& object, const char* key) {
  const Value& value = member(object, key);
  return value.IsUint64() ? value.GetUint64() : 0;
}

bool is_true(const Value& object, const char* key) { return member(object, key).IsTrue(); }

std::string age(const Value& object, const char* key) {
  const Value& value = member(object, key);
  if (!value.IsNumber()) return "";
  const double seconds = value.GetDouble();
  if (seconds < 10) return fmt::format("{:.1f} s", seconds);
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  if (seconds < 7200) return fmt::format("{:.0f} min", seconds / 60);
  if (seconds < 48 * 3600) return fmt::format("{:.0f} h", seconds / 3600);
  return fmt::format("{:.0f} days", seconds / 86400);
}

std::string or_unknown(const std::string& known) { return known.empty() ? "?" : known; }

std::optional<StoredIn> stored_in(const Value& status) {
  const std::string durability = text(status, "stored");
  for (std::size_t i = 0; i < kDurabilityWords.size(); ++i)
    if (kDurabilityWords[i] == durability)
      return StoredIn{static_cast<Durability>(i), number(status, "stored_replicas")};
  return std::nullopt;
}

std::string guarantee(const Value& status) {
  const Value& deduplicates = member(status, "table_deduplicates");
  if (!deduplicates.IsBool()) return "";
  const std::string doubling = text(status, "doubling_tables");
  std::string line = deduplicates.GetBool() ? "a repeated insert is noticed"
                     : doubling.empty()
                         ? "at least once (a repeated insert is not noticed)"
                         : "at least once (a repeated insert is not noticed in " + doubling + ")";
  if (const auto stored = stored_in(status)) line += "; stored means " + describe(*stored);
  return "; " + line;
}

std::string heading(const Value& status) {
  const bool alive = is_true(status, "alive");
  const bool ready = is_true(status, "ready");
  const std::string condition =
      ready ? "ready" : (alive ? "NOT READY: " : "NOT ALIVE: ") + text(status, "not_ready_because");
  const Value& totals = member(status, "totals");
  std::string lines = fmt::format(
      "event-consumer {} on {}, process {}: queue {} to table {}\n"
      "{}, {}; {} of {} workers consume; RabbitMQ {}, ClickHouse {}{}\n",
      text(status, "version"), text(status, "instance"), number(status, "pid"),
      text(status, "queue"), text(status, "table"), text(status, "state"), condition,
      number(status, "workers_consuming"), number(status, "workers_wanted"),
      or_unknown(text(status, "rabbitmq_version")), or_unknown(text(status, "clickhouse_version")),
      guarantee(status));
  const auto total = [&](const auto& counter) { return number(totals, counter.status_key); };
  lines += balance_line(total, number(totals, "in_hand")) + "\n";
  if (const auto keys = number(totals, "unknown_keys"); keys > 0)
    lines += fmt::format("{} keys that no column takes: {}\n", keys,
                         or_unknown(text(status, "unknown_key_names")));
  if (const auto letters = number(status, "dead_letter_queue_messages"); letters > 0)
    lines += fmt::format("{} messages in the dead-letter queue: event-consumer dead-letters list\n",
                         letters);
  return lines;
}

// How many events each worker had stored, by its number.
std::map<std::uint64_t, std::uint64_t> inserted_by_worker(const Value& status) {
  std::map<std::uint64_t, std::uint64_t> inserted;
  const Value& workers = member(status, "workers");
  if (!workers.IsArray()) return inserted;
  for (const Value& worker : workers.GetArray())
    inserted[number(worker, "worker")] = number(worker, "inserted");
  return inserted;
}

constexpr std::size_t kColumns = 10;
using Row = std::array<std::string, kColumns>;

// The last column is of any length.
std::string in_columns(const std::vector<Row>& rows) {
  std::array<std::size_t, kColumns> widths{};
  for (const Row& row : rows)
    for (std::size_t i = 0; i + 1 < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string lines;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    lines += line + "\n";
  }
  return lines;
}

std::string state_of(const Value& process) {
  std::string state = text(process, "state");
  if (const std::string inserting = age(process, "inserting_seconds"); !inserting.empty())
    state += ", inserting for " + inserting;
  return state;
}

std::string trouble_of(const Value& process) {
  const std::string reason = text(process, "reason");
  const std::string error = text(process, "last_error");
  if (error.empty()) return reason;
  const std::string over = age(process, "last_error_over_seconds_ago");
  return (reason.empty() ? "" : reason + "; ") + age(process, "last_error_seconds_ago") + " ago" +
         (over.empty() ? "" : ", over for " + over) + ": " + error;
}

// A line for each process; the figures of the slot stand in the first.
void add_rows(std::vector<Row>& rows, const Value& worker, double per_second) {
  const auto figure = [&](const char* key) { return std::to_string(number(worker, key)); };
  const Row slot = {figure("worker"),
                    "-",
                    "no process",
                    "",
                    fmt::format("{:.0f}", per_second),
                    figure("inserted"),
                    figure("in_hand"),
                    "",
                    figure("restarts"),
                    ""};
  const Value& processes = member(worker, "processes");
  const std::size_t before = rows.size();
  if (processes.IsArray()) {
    for (const Value& process : processes.GetArray()) {
      Row row = rows.size() == before ? slot : Row{};
      row[1] = std::to_string(number(process, "pid"));
      row[2] = state_of(process);
      row[3] = age(process, "state_seconds");
      row[7] = std::to_string(number(process, "batch_rows"));
      row[9] = trouble_of(process);
      rows.push_back(std::move(row));
    }
  }
  if (rows.size() == before) rows.push_back(slot);
}

rapidjson::Document parse(const std::string& json) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
  return document;
}

}  // namespace

bool is_status(const std::string& json) {
  const rapidjson::Document status = parse(json);
  return !status.HasParseError() && member(status, "instance").IsString() &&
         member(status, "workers").IsArray();
}

bool is_alive(const std::string& json) { return is_true(parse(json), "alive"); }

std::string status_text(const std::string& json, const std::string& before, Duration apart) {
  const rapidjson::Document status = parse(json);
  const auto inserted_then = inserted_by_worker(parse(before));
  std::vector<Row> rows = {{"worker", "pid", "state", "for", "events/s", "inserted", "in hand",
                            "batch rows", "restarts", "last error"}};
  for (const Value& worker : member(status, "workers").GetArray()) {
    const auto then = inserted_then.find(number(worker, "worker"));
    const std::uint64_t since = then == inserted_then.end() ? 0 : then->second;
    const std::uint64_t now = number(worker, "inserted");
    add_rows(rows, worker, static_cast<double>(now - std::min(now, since)) / in_seconds(apart));
  }
  return heading(status) + "\n" + in_columns(rows);
}

}  // namespace event_consumer
