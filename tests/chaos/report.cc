#include "tests/chaos/report.h"

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>
#include <spdlog/fmt/fmt.h>

#include <map>

namespace event_consumer::testing {
namespace {

using Writer = rapidjson::PrettyWriter<rapidjson::StringBuffer>;

std::string table_of(const std::vector<RunResult>& runs) {
  std::string text = fmt::format("{:<39} {:>6} {:>7} {:>5} {:>8} {:>7} {:>7} {:>6}\n",
                                 "fault, " + runs.front().table + " table", "faults", "in hand",
                                 "lost", "doubled", "in view", "seconds", "worst");
  std::string not_covered;
  for (const ClassRow& row : rows_of(runs)) {
    const FaultClass& fault = class_of(row.kind);
    const bool is_marked = runs.front().deduplicates && fault.not_covered != nullptr;
    text += fmt::format("{:<39} {:>6} {:>7} {:>5} {:>8} {:>7} {:>7.1f} {:>6.1f}\n",
                        std::string(fault.name) + (is_marked ? " *" : ""), row.count, row.in_hand,
                        row.sums.lost, row.sums.doubled, row.sums.view_doubled, row.median_seconds,
                        row.worst_seconds);
    if (is_marked)
      not_covered += fmt::format("* not covered: {}: {}\n", fault.name, fault.not_covered);
  }
  return text + not_covered;
}

std::string totals_of(const RunResult& run) {
  const Sums sums = run.total();
  const std::string taken = sums.taken > 0 ? fmt::format("{} taken, ", sums.taken) : "";
  return fmt::format(
      "{} queue, {} table: {} published, {} confirmed; {} stored, {} dead-lettered, {}{} lost, {} "
      "doubled\n",
      run.queue, run.table, sums.published, sums.confirmed, sums.stored, sums.dead_lettered, taken,
      sums.lost, sums.doubled);
}

std::string trends_in_words(const RunResult& run) {
  const std::vector<Trend> trends = trends_of(run.looks);
  if (trends.empty()) return "";
  std::string text = fmt::format(
      "{:<39} {:>12} {:>12}\n", "median of so many looks: " + std::to_string(run.looks.size() / 10),
      "first tenth", "last tenth");
  for (const Trend& trend : trends)
    text += fmt::format("{:<39} {:>12} {:>12}\n", trend.of->name, trend.first, trend.last);
  return text;
}

void member(Writer& json, const char* key, std::uint64_t number) {
  json.Key(key);
  json.Uint64(number);
}

void member(Writer& json, const char* key, double number) {
  json.Key(key);
  json.Double(number);
}

void member(Writer& json, const char* key, const std::string& text) {
  json.Key(key);
  json.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void add_sums(Writer& json, const Sums& sums) {
  member(json, "published", sums.published);
  member(json, "confirmed", sums.confirmed);
  member(json, "stored", sums.stored);
  member(json, "dead_lettered", sums.dead_lettered);
  member(json, "taken", sums.taken);
  member(json, "lost", sums.lost);
  member(json, "doubled", sums.doubled);
  member(json, "lost_in_view", sums.view_lost);
  member(json, "doubled_in_view", sums.view_doubled);
  member(json, "doubled_dead_letters", sums.letters_doubled);
  member(json, "misjudged", sums.misjudged);
}

void add_class(Writer& json, const ClassRow& row) {
  const FaultClass& fault = class_of(row.kind);
  json.StartObject();
  member(json, "fault", std::string(fault.name));
  json.Key("not_covered");
  if (fault.not_covered == nullptr)
    json.Null();
  else
    json.String(fault.not_covered);
  member(json, "count", static_cast<std::uint64_t>(row.count));
  member(json, "with_batch_in_hand", static_cast<std::uint64_t>(row.in_hand));
  add_sums(json, row.sums);
  member(json, "seconds_median", row.median_seconds);
  member(json, "seconds_worst", row.worst_seconds);
  json.EndObject();
}

void add_trend(Writer& json, const Trend& trend) {
  json.StartObject();
  member(json, "measure", std::string(trend.of->name));
  member(json, "first_tenth", trend.first);
  member(json, "last_tenth", trend.last);
  member(json, "most_times", trend.of->most);
  json.EndObject();
}

void add_run(Writer& json, const RunResult& run) {
  json.StartObject();
  member(json, "queue", run.queue);
  member(json, "table", run.table);
  json.Key("total");
  json.StartObject();
  add_sums(json, run.total());
  json.EndObject();
  json.Key("faults");
  json.StartArray();
  for (const ClassRow& row : rows_of({run})) add_class(json, row);
  json.EndArray();
  member(json, "looks", static_cast<std::uint64_t>(run.looks.size()));
  json.Key("trends");
  json.StartArray();
  for (const Trend& trend : trends_of(run.looks)) add_trend(json, trend);
  json.EndArray();
  json.EndObject();
}

}  // namespace

std::vector<std::string> ChaosReport::findings() const {
  std::vector<std::string> all;
  for (const RunResult& run : runs)
    for (const std::string& each : findings_of(run)) all.push_back(each);
  return all;
}

std::string as_text(const ChaosReport& report) {
  std::map<std::string, std::vector<RunResult>> by_table;
  for (const RunResult& run : report.runs) by_table[run.table].push_back(run);
  std::string text;
  for (const auto& [table, runs] : by_table) text += table_of(runs) + '\n';
  for (const RunResult& run : report.runs) text += totals_of(run) + trends_in_words(run);
  for (const std::string& each : report.findings()) text += "WRONG: " + each + '\n';
  return text;
}

std::string as_json(const ChaosReport& report) {
  rapidjson::StringBuffer buffer;
  Writer json(buffer);
  json.SetIndent(' ', 2);
  json.SetMaxDecimalPlaces(3);
  json.StartObject();
  member(json, "seed", report.seed);
  member(json, "seconds", report.seconds);
  json.Key("passed");
  json.Bool(report.findings().empty());
  json.Key("runs");
  json.StartArray();
  for (const RunResult& run : report.runs) add_run(json, run);
  json.EndArray();
  json.EndObject();
  return std::string(buffer.GetString()) + '\n';
}

}  // namespace event_consumer::testing
