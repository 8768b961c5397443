// PrometheusServer: a private Prometheus that scrapes one address every second.
#pragma once

#include <ctime>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/support/files.h"
#include "tests/support/process.h"

namespace event_consumer::testing {

class PrometheusServer {
 public:
  // Scrapes 127.0.0.1:`scraped` as the job event-consumer, and loads the alerts of `rules`, a file.
  // Throws std::runtime_error when it does not come up.
  PrometheusServer(int scraped, const std::string& rules);

  // Its answer to the query in JSON, with a value for each second of the minute before `end`, a
  // time of Unix.
  std::string last_minute(const std::string& query, std::time_t end) const;

  // How many values the query has had in the last minute, those that are no numbers left out.
  // Throws std::runtime_error with Prometheus's words when it is refused.
  std::size_t count_values(const std::string& query) const;

  // The names of the labels that each metric has had.
  std::map<std::string, std::set<std::string>> labels() const;

  struct Rule {
    std::string name;
    std::string query;
    std::string error;  // of its last evaluation; empty when there was none
  };
  std::vector<Rule> rules() const;

  std::string log() const { return read_file(directory_.path() + "/log"); }

 private:
  std::string get(const std::string& path) const;

  PrivateDirectory directory_{"prometheus"};
  int port_;
  ChildProcess process_;
};

}  // namespace event_consumer::testing
