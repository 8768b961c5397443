// What is built on the metrics: the dashboard and the alerts, on a real Prometheus that scrapes a
// service under load.
#include <rapidjson/document.h>
#include <signal.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <map>
#include <regex>
#include <set>

#include "common/text.h"
#include "tests/support/browser.h"
#include "tests/support/catch.h"
#include "tests/support/click_events.h"
#include "tests/support/found.h"
#include "tests/support/prometheus_server.h"
#include "tests/support/service.h"
#include "tests/support/status_page.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

constexpr char kDashboard[] = "packaging/grafana/event-consumer.json";
constexpr char kSheet[] = "build/dashboard.html";
constexpr char kRules[] = "packaging/prometheus/event-consumer.rules.yml";

struct Query {
  std::string panel;
  std::string written;     // in the dashboard
  std::string expression;  // with what Grafana puts in for its variables
};

// Those of all panels.
std::vector<Query> panel_queries() {
  rapidjson::Document dashboard;
  dashboard.Parse(read_file(kDashboard).c_str());
  REQUIRE_FALSE(dashboard.HasParseError());
  std::vector<Query> queries;
  for (const auto& panel : dashboard["panels"].GetArray()) {
    if (!panel.HasMember("targets")) continue;
    for (const auto& target : panel["targets"].GetArray()) {
      const std::string written = target["expr"].GetString();
      std::string expression =
          std::regex_replace(written, std::regex(R"(\$(job|instance)\b)"), ".*");
      expression = std::regex_replace(expression, std::regex(R"(\$__rate_interval\b)"), "5s");
      queries.push_back({panel["title"].GetString(), written, expression});
    }
  }
  return queries;
}

// The labels that a query matches or groups by.
std::set<std::string> labels_in(const std::string& expression) {
  std::set<std::string> labels = found(expression, R"re(([a-z_]+)(?:=~|!=|!~|=)")re");
  for (const std::string& list : found(expression, R"(\bby ?\(([^)]*)\))"))
    labels.merge(found(list, "([a-z_]+)"));
  return labels;
}

// What of the query is nowhere in the metrics.
std::set<std::string> unknown_in(const std::string& expression,
                                 const std::map<std::string, std::set<std::string>>& metrics) {
  std::set<std::string> unknown;
  std::set<std::string> labels;
  for (const std::string& name :
       found(expression, R"(\b((?:event_consumer|process)_[a-z_]+|up)\b)")) {
    const auto metric = metrics.find(name);
    if (metric == metrics.end())
      unknown.insert(name);
    else
      labels.insert(metric->second.begin(), metric->second.end());
  }
  for (const std::string& label : labels_in(expression))
    if (labels.count(label) == 0) unknown.insert(label);
  return unknown;
}

// Draws the panels with what they have since `begin`, of the last minute at most: into
// build/dashboard.html, for people to look at, and as a picture where SCREENSHOTS says.
void draw_panels(const PrometheusServer& prometheus, std::time_t begin) {
  const std::time_t end = std::time(nullptr);
  std::string answers;
  for (const Query& query : panel_queries())
    answers +=
        json_string(query.written) + ":" + prometheus.last_minute(query.expression, end) + ",";
  write_file(kSheet, read_file("tests/prometheus/dashboard.html") + "<script>show(" +
                         read_file(kDashboard) + ",{" + answers + "}," +
                         std::to_string(std::max(begin, end - 60)) + "," + std::to_string(end) +
                         ")</script>\n");
  Browser browser;
  browser.look({1200, /*is_dark=*/true});
  browser.open("file://" + std::filesystem::absolute(kSheet).string());
  CHECK(wait_until([&] { return browser.text("document.readyState") == "complete"; }, seconds(20)));
  CHECK(browser.text("`${document.querySelectorAll('.empty').length} are empty`") == "0 are empty");
  CHECK(browser.complaints().empty());
  browser.screenshot("dashboard");
}

const std::set<std::string> kNone;

}  // namespace

// A queue that is shorter when it is counted again, dead letters, the death of a worker, and small
// inserts, so that there is something to do for some seconds on any machine.
TEST_CASE("every panel of the dashboard has data, and every alert names metrics that there are") {
  TestTopology topology("dashboard");
  topology.declare_topology();
  Environment environment = topology.environment();
  const int port = serve_status(environment);
  environment["EVENT_CONSUMER_BATCH_ROWS"] = "5";
  environment["EVENT_CONSUMER_PREFETCH"] = "10";
  const PrometheusServer prometheus(port, kRules);
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  const ClickEvents events;
  const auto event = [&](auto id) { return events.json_at(id); };
  publish_confirmed(client, topology, 0, 150, event);
  for (int i = 0; i < 20; ++i)
    client.publish(topology.exchange(), topology.queue(), R"({"short_code":null})");
  publish_confirmed(client, topology, 150, 20'000, event);
  const std::time_t begin = std::time(nullptr);
  Service service(environment);
  REQUIRE(wait_until([&] { return topology.rows() > 100; }, seconds(60)));
  service.send(SIGTSTP);
  CHECK(wait_until(
      [&] { return prometheus.count_values("event_consumer_queue_time_to_empty_seconds") > 0; },
      seconds(60)));
  service.send(SIGCONT);
  CHECK(wait_until(
      [&] {
        return prometheus.count_values("rate(event_consumer_events_dead_lettered_total[5s]) > 0") >
               0;
      },
      seconds(60)));
  kill(service.workers().front(), SIGKILL);
  CHECK(wait_until(
      [&] {
        return prometheus.count_values("rate(event_consumer_worker_restarts_total[5s]) > 0") > 3;
      },
      seconds(60)));
  std::vector<Query> queries = panel_queries();
  REQUIRE(queries.size() > 30);
  wait_until(
      [&] {
        const auto has_data = [&](const Query& query) {
          return prometheus.count_values(query.expression) > 0;
        };
        queries.erase(std::remove_if(queries.begin(), queries.end(), has_data), queries.end());
        return queries.empty();
      },
      seconds(30));
  for (const Query& query : queries) UNSCOPED_INFO(query.panel << ": " << query.expression);
  CHECK(queries.empty());
  draw_panels(prometheus, begin);

  const auto metrics = prometheus.labels();
  for (const Query& query : panel_queries()) {
    INFO(query.panel << ": " << query.expression);
    CHECK(unknown_in(query.expression, metrics) == kNone);
  }
  const auto rules = prometheus.rules();
  CHECK(rules.size() > 10);
  for (const auto& rule : rules) {
    INFO(rule.name << ": " << rule.query);
    CHECK(rule.error.empty());
    CHECK(unknown_in(rule.query, metrics) == kNone);
  }
}

TEST_CASE("alerts come for what they are for, and are quiet otherwise") {
  for (const char* const arguments : {"check rules packaging/prometheus/event-consumer.rules.yml",
                                      "test rules tests/prometheus/alerts.yml"}) {
    Command command;
    command.argv = {"sh", "-c", std::string("promtool ") + arguments};
    const Finished checked = run(command, seconds(30));
    INFO(checked.output << checked.error_output);
    CHECK(checked.ok());
  }
}

}  // namespace event_consumer::testing
