// The one table of options: flag, environment variable, default, help and parser of each stand in
// one row.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/options.h"

namespace event_consumer {

struct OptionRow {
  const char* flag;      // without the dashes; nullptr: only variable and file
  const char* variable;  // the name in the environment and in the file
  const char* value_name;
  const char* default_text;
  const char* help;
  // Parses `text` into `options`. Returns what is wrong with it, or nothing.
  std::optional<std::string> (*parse)(const std::string& text, Options& options);
  // Gives the default instead of default_text, from the rows above it; nullptr for most.
  std::string (*derived_default)(const Options& options) = nullptr;
  // What of `text` may be shown to people; nullptr: all of it. Set where it can hold a password.
  std::string (*shown)(const std::string& text) = nullptr;
  // Another name of the variable, which wins where both are given; nullptr for most.
  const char* alias = nullptr;
  // The flag may be given several times, which is as good as once with all texts and commas
  // between.
  bool repeats = false;
};

// Names the configuration file in the environment; it is no option, and no file may hold it.
constexpr const char* kConfigVariable = "EVENT_CONSUMER_CONFIG";

const std::vector<OptionRow>& option_table();

// The variables and aliases of all rows.
std::vector<std::string> option_variables();

// The row whose variable or alias is `name`, or nullptr.
const OptionRow* find_option(const std::string& name);

}  // namespace event_consumer
