// CleanEnvironment: while it lives no variable that concerns us is set but those given to it; then
// all are as they were.
#pragma once

#include <cstdlib>
#include <map>
#include <optional>
#include <string>

#include "common/environment.h"

namespace event_consumer::testing {

class CleanEnvironment {
 public:
  explicit CleanEnvironment(const Settings& settings = {}) {
    for (const auto& [name, value] : process_environment())
      for (const char* start : {"EVENT_CONSUMER_", "RABBITMQ_", "CLICKHOUSE_", "LOG_LEVEL"})
        if (name.rfind(start, 0) == 0) keep(name);
    for (const auto& [name, value] : settings) {
      keep(name);
      setenv(name.c_str(), value.c_str(), 1);
    }
  }
  ~CleanEnvironment() {
    for (const auto& [name, value] : before_) {
      unsetenv(name.c_str());
      if (value) setenv(name.c_str(), value->c_str(), 1);
    }
  }
  CleanEnvironment(const CleanEnvironment&) = delete;
  CleanEnvironment& operator=(const CleanEnvironment&) = delete;

 private:
  void keep(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    before_.emplace(name, value ? std::optional<std::string>(value) : std::nullopt);
    unsetenv(name.c_str());
  }

  std::map<std::string, std::optional<std::string>> before_;
};

}  // namespace event_consumer::testing
