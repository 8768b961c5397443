// The configuration files of one run, in the order in which they are read: those that are named, or
// those of the Debian package's service, where its commands look by themselves.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/resolve_options.h"

namespace event_consumer {

// What stands in several files: of a variable that stands in two of them, the later one counts.
struct ConfigFiles {
  Settings settings;
  std::map<std::string, std::string> places;  // by variable: the file that sets it
  std::vector<std::string> read;              // every file that was read, in order
};

// The files that `path` stands for: itself, or of a directory the *.conf in it, in the order of
// their names. An Error (kUsage) when the directory cannot be read.
Result<std::vector<std::string>> config_files_at(const std::string& path);

// Reads each of `paths`, a file or a directory. The Error is read_config_file's.
Result<ConfigFiles> read_config_files(const std::vector<std::string>& paths);

// What the unit event-consumer.service reads: the file that the package brings, then the directory
// of the administrator's own. `root` is «» but in tests.
std::vector<std::string> service_config_paths(const std::string& root);

// The file of the instance `name` of event-consumer@.service.
std::string instance_config_path(const std::string& root, const std::string& name);

}  // namespace event_consumer
