// What an operator can give to the programs or gets from them stands in the manual pages, each
// thing on one of them. Read from the sources, so that nothing can be forgotten.
#include <dirent.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "common/option_table.h"
#include "common/reason.h"
#include "common/scoreboard/counter_table.h"
#include "tests/support/catch.h"
#include "tests/support/found.h"

namespace event_consumer {
namespace {

using testing::found;

// The root of the sources, from the path that the compiler was given for this file.
const std::string kRoot = [] {
  const std::string self = __FILE__;
  return self.substr(0, self.size() - std::string("tests/common/documented_test.cc").size());
}();

std::string file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(kRoot + path).rdbuf();
  return text.str();
}

// A manual page, without the escapes of mdoc: a dash is «\-» there.
std::string manual(const std::string& name) {
  const std::string page = file("man/" + name);
  REQUIRE_FALSE(page.empty());
  return std::regex_replace(page, std::regex(R"(\\(.))"), "$1");
}

const char* const kCommands = "event-consumer.8";
const char* const kOptions = "event-consumer.conf.5";
const char* const kEvents = "event-consumer-events.7";
const char* const kMetrics = "event-consumer-metrics.7";

std::string sources_of_status() {
  std::string all;
  DIR* directory = opendir((kRoot + "src/supervisor/status").c_str());
  REQUIRE(directory != nullptr);
  while (const dirent* entry = readdir(directory)) {
    const std::string name = entry->d_name;
    if (name.size() > 3 && name.substr(name.size() - 3) == ".cc")
      all += file("src/supervisor/status/" + name);
  }
  closedir(directory);
  return all;
}

// `text` with nothing before and behind it that could belong to a longer name.
bool has_word(const std::string& page, const std::string& text) {
  const auto belongs = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  };
  for (auto at = page.find(text); at != std::string::npos; at = page.find(text, at + 1)) {
    const auto end = at + text.size();
    const bool starts = at == 0 || !belongs(page[at - 1]);
    const bool ends = end == page.size() || (!belongs(page[end]) && page[end] != '-');
    if (starts && ends) return true;
  }
  return false;
}

// Which of `names` the page has not.
std::vector<std::string> undocumented(const std::set<std::string>& names, const char* page) {
  const std::string text = manual(page);
  std::vector<std::string> missing;
  for (const std::string& name : names)
    if (!has_word(text, name)) missing.push_back(name);
  return missing;
}

const std::vector<std::string> kNone;

TEST_CASE("documented: every option and every variable", "[documented]") {
  std::set<std::string> names = {"config", "EVENT_CONSUMER_CONFIG"};
  for (const OptionRow& row : option_table()) {
    names.insert(row.variable);
    if (row.alias != nullptr) names.insert(row.alias);
    if (row.flag != nullptr) names.insert(row.flag);
  }
  CHECK(undocumented(names, kOptions) == kNone);
}

TEST_CASE("documented: no option is explained on a second page", "[documented]") {
  std::vector<std::string> twice;
  for (const char* page : {kCommands, kEvents, kMetrics, "event-consumer-worker.8"}) {
    const auto explained = found(manual(page), R"(\n\.It Fl Fl ([a-z-]+))");
    for (const OptionRow& row : option_table())
      if (row.flag != nullptr && explained.count(row.flag) != 0) twice.emplace_back(row.flag);
  }
  CHECK(twice == kNone);
}

TEST_CASE("documented: every signal", "[documented]") {
  const std::string source = file("src/supervisor/supervisor.cc");
  std::set<std::string> names = found(source, R"((?:case |number == )(SIG[A-Z0-9]+))");
  names.erase("SIGCHLD");
  CHECK(names.size() >= 8);
  CHECK(undocumented(names, kCommands) == kNone);
}

TEST_CASE("documented: every exit status", "[documented]") {
  const auto statuses = found(file("common/exit_code.h"), R"(k[A-Z]\w+ = (\d+))");
  CHECK(statuses.size() >= 5);
  const std::string page = manual(kCommands);
  std::vector<std::string> missing;
  for (const std::string& status : statuses)
    if (page.find(".It " + status + "\n") == std::string::npos) missing.push_back(status);
  CHECK(missing == kNone);
}

TEST_CASE("documented: every path of the status address", "[documented]") {
  const auto paths = found(sources_of_status(), R"re("(/[a-z]+)")re");
  CHECK(paths.size() >= 4);
  CHECK(undocumented(paths, kCommands) == kNone);
}

TEST_CASE("documented: every reason for a dead letter, also in the completions", "[documented]") {
  const std::set<std::string> reasons(kReasonSlugs.begin(), kReasonSlugs.end());
  CHECK(reasons.size() == kReasonCount);
  CHECK(reasons.count("") == 0);
  CHECK(undocumented(reasons, kCommands) == kNone);
  for (const char* shell : {"event-consumer.bash", "_event-consumer"}) {
    INFO(shell);
    const std::string completion = file(std::string("packaging/completion/") + shell);
    for (const std::string& reason : reasons) CHECK(has_word(completion, reason));
  }
}

// What tests promise: «slip: » and the first cell of the row.
std::set<std::string> tested_slips(const std::string& directory) {
  std::set<std::string> slips;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kRoot + directory)) {
    if (entry.path().extension() != ".cc") continue;
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    slips.merge(found(text.str(), "TEST_CASE\\(\"slip: ([^\"]+)\""));
  }
  return slips;
}

TEST_CASE("documented: the rows of the table of slips are tests by name", "[documented]") {
  const std::string page = manual(kCommands);
  const auto from = page.find("\n.TS\n", page.find("\n.Sh SLIPS\n"));
  REQUIRE(from != std::string::npos);
  const std::string table = page.substr(from, page.find("\n.TE\n", from) - from);
  const std::set<std::string> rows = found(table, "\n([^\t\n]+)\tT\\{");
  CHECK(rows.size() >= 25);
  CHECK(rows == tested_slips("tests"));
}

// The letters of their names: those of a family stand there as `UInt8 to UInt256`.
TEST_CASE("documented: every column type, on the page of the events", "[documented]") {
  auto types = found(file("src/worker/encode/column_types.cc"), R"re(\{"([A-Za-z]+)\d*", )re");
  CHECK(types.size() >= 25);
  const std::string page = manual(kEvents);
  std::vector<std::string> missing;
  for (const std::string& type : types)
    if (page.find(type.find("Interval") == 0 ? "Interval" : type) == std::string::npos)
      missing.push_back(type);
  CHECK(missing == kNone);
}

TEST_CASE("documented: every metric", "[documented]") {
  auto metrics = found(sources_of_status(), "\"((?:event_consumer|process)_[a-z_]+)\"");
  for_each_counter([&](const auto& counter) { metrics.insert(counter.metric); });
  CHECK(metrics.size() >= 30);
  CHECK(undocumented(metrics, kMetrics) == kNone);
}

TEST_CASE("documented: every alert names its section of a manual page", "[documented]") {
  const std::string rules = file("packaging/prometheus/event-consumer.rules.yml");
  const auto alerts = found(rules, R"(- alert: (\w+)\n)");
  CHECK(alerts.size() > 10);
  const std::string page = manual(kMetrics);
  const auto begin = page.find("\n.Sh ALERTS\n");
  REQUIRE(begin != std::string::npos);
  const std::string section = page.substr(begin, page.find("\n.Sh ", begin + 1) - begin);
  CHECK(found(section, R"(\n\.Ss (\w+)\n)") == alerts);
  CHECK(found(rules, R"(\n +runbook: event-consumer-metrics\(7\), ALERTS, (\w+)\n)") == alerts);
}

}  // namespace
}  // namespace event_consumer
