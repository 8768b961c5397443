// Reads a configuration file: lines NAME=value with the names of the environment variables, in the
// common syntax of systemd's EnvironmentFile= (systemd.exec(5)) and of docker --env-file.
#pragma once

#include <istream>
#include <string>

#include "common/resolve_options.h"

namespace event_consumer {

// Blank lines and lines that begin with # or ; are skipped. A value may stand in one pair of single
// or double quotes; nothing is expanded in it. An Error (kUsage) names file, line and fault: a file
// that cannot be read, a pipe with nothing in it, a line without =, a name that is no option's.
Result<Settings> read_config_file(const std::string& path);

// The same of what was opened already.
Result<Settings> read_config(std::istream& content, const std::string& path);

}  // namespace event_consumer
