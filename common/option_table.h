// The one table of options: flag, environment variable, default, help and parser of each stand in
// one row. Resolving finds every option's text (flag > environment > file > default) and parses it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/options.h"
#include "common/result.h"

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
};

const std::vector<OptionRow>& option_table();

// Texts by variable name.
using Settings = std::map<std::string, std::string>;

// Where the text of an option came from.
enum class Origin { kFlag, kEnvironment, kFile, kDefault };

struct ResolvedOptions {
  Options options;
  Settings texts;                         // every row's variable with the text that applied
  std::map<std::string, Origin> origins;  // every row's variable with where that text stands
};

// Resolves every row. An Error (kUsage) names the option, where its text came from and what is
// wrong with it, without a password.
Result<ResolvedOptions> resolve_options(const Settings& flags, const Settings& environment,
                                        const Settings& file);

}  // namespace event_consumer
