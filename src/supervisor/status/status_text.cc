#include "supervisor/status/status_text.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <vector>

#include "common/scoreboard/durability.h"
#include "common/terminal.h"
#include "supervisor/balance_line.h"
#include "supervisor/format.h"
#include "supervisor/status/status_values.h"

namespace event_consumer {

namespace {

std::string or_unknown(const std::string& known) { return known.empty() ? "?" : known; }

std::optional<StoredIn> stored_in(const Value& status) {
  const std::string durability = text(status, "stored");
  for (std::size_t i = 0; i < kDurabilityWords.size(); ++i)
    if (kDurabilityWords[i] == durability)
      return StoredIn{static_cast<Durability>(i), number(status, "stored_replicas")};
  return std::nullopt;
}

// What «once» and «stored» mean here, in a line of its own; nothing while it is not known.
std::string guarantee(const Value& status) {
  const Value& deduplicates = member(status, "table_deduplicates");
  if (!deduplicates.IsBool()) return "";
  const std::string doubling = text(status, "doubling_tables");
  std::string line = deduplicates.GetBool() ? "a repeated insert is noticed"
                     : doubling.empty()
                         ? "at least once (a repeated insert is not noticed)"
                         : "at least once (a repeated insert is not noticed in " + doubling + ")";
  if (const auto stored = stored_in(status)) line += "; stored means " + describe(*stored);
  return line + "\n";
}

std::string empty_in(const Value& status) {
  if (!member(status, "queue_empty_in_seconds").IsNumber()) return "";
  return ", empty in about " + age(status, "queue_empty_in_seconds");
}

std::string heading(const Value& status) {
  const bool alive = is_true(status, "alive");
  const bool ready = is_true(status, "ready");
  const std::string condition =
      ready ? "ready" : (alive ? "NOT READY: " : "NOT ALIVE: ") + text(status, "not_ready_because");
  const Value& totals = member(status, "totals");
  const std::string why_host = text(status, "clickhouse_host_reason");
  std::string lines = fmt::format(
      "event-consumer {} on {}, process {}\n"
      "queue {} to table {}\n"
      "{}, {}; {} of {} workers consume; RabbitMQ {}, ClickHouse {}\n{}",
      text(status, "version"), text(status, "instance"), number(status, "pid"),
      text(status, "queue"), text(status, "table"), text(status, "state"), condition,
      number(status, "workers_consuming"), number(status, "workers_wanted"),
      or_unknown(text(status, "rabbitmq_version")), or_unknown(text(status, "clickhouse_version")),
      guarantee(status));
  if (!why_host.empty())
    lines += fmt::format("inserts go to {}: {}\n", text(status, "clickhouse_host"), why_host);
  const auto total = [&](const auto& counter) { return number(totals, counter.status_key); };
  lines += balance_line(total, number(totals, "in_hand")) + "\n";
  if (member(status, "queue_messages").IsUint64())
    lines += fmt::format("{} messages wait in the queue{}\n", number(status, "queue_messages"),
                         empty_in(status));
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

constexpr std::size_t kColumns = 9;
using Row = std::array<std::string, kColumns>;

const Row kHeads = {"#",        "pid",     "state",  "for",     "events/s",
                    "inserted", "in hand", "insert", "restarts"};

std::size_t width_in_all(const std::array<std::size_t, kColumns>& widths, std::size_t gap) {
  std::size_t all = gap * (kColumns - 1);
  for (const std::size_t width : widths) all += width;
  return all;
}

// Numbers stand to the right. Two blanks between columns, or one where the lines are too long else.
std::string in_columns(const std::vector<Row>& rows, std::size_t width) {
  std::array<std::size_t, kColumns> widths{};
  for (const Row& row : rows)
    for (std::size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], row[i].size());
  const std::string gap(width_in_all(widths, 2) <= width ? 2 : 1, ' ');
  std::string lines;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < kColumns; ++i) {
      const bool is_text = i == 2;
      line += (i == 0 ? "" : gap) + (is_text ? fmt::format("{:<{}}", row[i], widths[i])
                                             : fmt::format("{:>{}}", row[i], widths[i]));
    }
    line.erase(line.find_last_not_of(' ') + 1);
    lines += line + "\n";
  }
  return lines;
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
                    figure("restarts")};
  const Value& processes = member(worker, "processes");
  const std::size_t before = rows.size();
  if (processes.IsArray()) {
    for (const Value& process : processes.GetArray()) {
      Row row = rows.size() == before ? slot : Row{};
      row[1] = std::to_string(number(process, "pid"));
      row[2] = text(process, "state");
      row[3] = age(process, "state_seconds");
      row[7] = age(process, "inserting_seconds");
      rows.push_back(std::move(row));
    }
  }
  if (rows.size() == before) rows.push_back(slot);
}

// What is or was wrong with each process, below the table.
std::string troubles(const Value& workers, std::size_t width) {
  std::string lines;
  for (const Value& worker : workers.GetArray()) {
    const Value& processes = member(worker, "processes");
    if (!processes.IsArray()) continue;
    for (const Value& process : processes.GetArray())
      if (const std::string trouble = trouble_of(process); !trouble.empty())
        lines +=
            wrapped(fmt::format("worker {}: {}", number(worker, "worker"), trouble), width, 2) +
            "\n";
  }
  return lines;
}

}  // namespace

bool is_status(const std::string& json) {
  const rapidjson::Document status = parse_status(json);
  return !status.HasParseError() && member(status, "instance").IsString() &&
         member(status, "workers").IsArray();
}

bool is_alive(const std::string& json) { return is_true(parse_status(json), "alive"); }

std::string status_text(const std::string& json, const std::string& before, Duration apart,
                        std::size_t width) {
  const rapidjson::Document status = parse_status(json);
  const auto inserted_then = inserted_by_worker(parse_status(before));
  std::vector<Row> rows = {kHeads};
  const Value& workers = member(status, "workers");
  for (const Value& worker : workers.GetArray()) {
    const auto then = inserted_then.find(number(worker, "worker"));
    const std::uint64_t since = then == inserted_then.end() ? 0 : then->second;
    const std::uint64_t now = number(worker, "inserted");
    add_rows(rows, worker, static_cast<double>(now - std::min(now, since)) / in_seconds(apart));
  }
  return wrapped(heading(status), width) + "\n\n" + in_columns(rows, width) +
         troubles(workers, width);
}

}  // namespace event_consumer
