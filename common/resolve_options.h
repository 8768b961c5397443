// Resolving finds every option's text (flag > environment > file > default) and parses it.
#pragma once

#include <map>
#include <string>

#include "common/option_table.h"
#include "common/result.h"

namespace event_consumer {

// Texts by variable name, or by its alias.
using Settings = std::map<std::string, std::string>;

// Where the text of an option came from.
enum class Origin { kFlag, kEnvironment, kFile, kDefault };

struct ResolvedOptions {
  Options options;
  Settings texts;                             // every row's variable with the text that applied
  std::map<std::string, Origin> origins;      // every row's variable with where that text stands
  std::vector<std::string> notes;             // for people; empty for a child of ours
  std::vector<std::string> files;             // the configuration files that were read, in order
  std::map<std::string, std::string> places;  // of each row's variable whose text is from a file
};

// Resolves every row. An Error (kUsage) names the option, where its text came from and what is
// wrong with it, without a password. `places` says which file the texts in `file` stand in.
Result<ResolvedOptions> resolve_options(const Settings& flags, const Settings& environment,
                                        const Settings& file,
                                        const std::map<std::string, std::string>& places = {});

}  // namespace event_consumer
