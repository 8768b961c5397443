// CleanEnvironment: while it lives no variable of ours is set but those given to it; then all are
// as they were.
#pragma once

#include <cstdlib>
#include <map>
#include <optional>
#include <string>

#include "common/resolve_options.h"

namespace event_consumer::testing {

class CleanEnvironment {
 public:
  explicit CleanEnvironment(const Settings& settings = {}) {
    keep("EVENT_CONSUMER_CONFIG");
    for (const OptionRow& row : option_table()) keep(row.variable);
    for (const auto& [name, value] : settings) setenv(name.c_str(), value.c_str(), 1);
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
  void keep(const char* name) {
    const char* value = std::getenv(name);
    before_[name] = value ? std::optional<std::string>(value) : std::nullopt;
    unsetenv(name);
  }

  std::map<std::string, std::optional<std::string>> before_;
};

}  // namespace event_consumer::testing
