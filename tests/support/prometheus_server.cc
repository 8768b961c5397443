#include "tests/support/prometheus_server.h"

#include <rapidjson/document.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <stdexcept>

#include "tests/support/free_port.h"
#include "tests/support/status_page.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

std::string percent_encode(const std::string& text) {
  std::string encoded;
  for (const unsigned char byte : text) {
    char digits[4];
    std::snprintf(digits, sizeof digits, "%%%02X", byte);
    encoded += digits;
  }
  return encoded;
}

Command command(const std::string& directory, int port, int scraped, const std::string& rules) {
  write_file(directory + "/prometheus.yml",
             "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
             "rule_files: ['" +
                 std::filesystem::absolute(rules).string() +
                 "']\n"
                 "scrape_configs:\n"
                 "  - job_name: event-consumer\n"
                 "    static_configs: [{targets: ['127.0.0.1:" +
                 std::to_string(scraped) + "']}]\n");
  Command command;
  command.argv = {"prometheus", "--config.file=" + directory + "/prometheus.yml",
                  "--storage.tsdb.path=" + directory + "/data",
                  "--web.listen-address=127.0.0.1:" + std::to_string(port)};
  command.working_directory = directory;
  command.output_file = directory + "/log";
  return command;
}

rapidjson::Document parse(const std::string& answer) {
  rapidjson::Document document;
  document.Parse(answer.c_str());
  if (document.HasParseError() || !document.IsObject() || !document.HasMember("status") ||
      document["status"] != "success")
    throw std::runtime_error("Prometheus answers: " + answer);
  return document;
}

}  // namespace

PrometheusServer::PrometheusServer(int scraped, const std::string& rules)
    : port_(free_port()), process_(command(directory_.path(), port_, scraped, rules)) {
  const bool is_ready = wait_until([&] { return get_status_page(port_, "/-/ready").status == 200; },
                                   std::chrono::seconds(20));
  if (!is_ready) throw std::runtime_error("Prometheus does not come up: " + log());
}

std::string PrometheusServer::get(const std::string& path) const {
  return get_status_page(port_, path).content;
}

std::string PrometheusServer::last_minute(const std::string& query, std::time_t end) const {
  return get("/api/v1/query_range?query=" + percent_encode(query) +
             "&start=" + std::to_string(end - 60) + "&end=" + std::to_string(end) + "&step=1");
}

std::size_t PrometheusServer::count_values(const std::string& query) const {
  const auto answer = parse(last_minute(query, std::time(nullptr)));
  std::size_t count = 0;
  for (const auto& series : answer["data"]["result"].GetArray())
    for (const auto& value : series["values"].GetArray())
      if (value[1] != "NaN") ++count;
  return count;
}

std::map<std::string, std::set<std::string>> PrometheusServer::labels() const {
  std::map<std::string, std::set<std::string>> labels;
  const auto answer =
      parse(get("/api/v1/series?match[]=" + percent_encode(R"({job="event-consumer"})")));
  for (const auto& series : answer["data"].GetArray())
    for (const auto& label : series.GetObject())
      labels[series["__name__"].GetString()].insert(label.name.GetString());
  return labels;
}

std::vector<PrometheusServer::Rule> PrometheusServer::rules() const {
  std::vector<Rule> rules;
  const auto answer = parse(get("/api/v1/rules"));
  for (const auto& group : answer["data"]["groups"].GetArray())
    for (const auto& rule : group["rules"].GetArray())
      rules.push_back({rule["name"].GetString(), rule["query"].GetString(),
                       rule.HasMember("lastError") ? rule["lastError"].GetString() : ""});
  return rules;
}

}  // namespace event_consumer::testing
