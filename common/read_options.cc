#include "common/read_options.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "common/config_files.h"
#include "common/environment.h"
#include "common/password_files.h"
#include "common/text.h"

namespace event_consumer {
namespace {

// Why this user may not read `path`; empty: may, or it is not there.
std::string why_closed(const std::string& path) {
  if (access(path.c_str(), R_OK) == 0 || errno == ENOENT || errno == ENOTDIR) return "";
  return "cannot read configuration file " + path + ": " + std::strerror(errno);
}

bool is_there(const std::string& path) {
  return access(path.c_str(), F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

// Takes those that this user may not read out of `paths`. The status is shown to everybody, also
// where somebody may not read them; any other command with half of the configuration would go to
// another queue.
Result<Done> leave_out_closed(std::vector<std::string>& paths, Command command,
                              std::vector<std::string>& notes) {
  std::vector<std::string> open;
  for (const std::string& path : paths) {
    const std::string fault = why_closed(path);
    if (fault.empty()) {
      open.push_back(path);
      continue;
    }
    if (command != Command::kStatus)
      return Error{ErrorKind::kUsage,
                   fault +
                       "; run the command as root, or name another file with --config, or none "
                       "with --config=''"};
    notes.push_back(fault);
  }
  paths = std::move(open);
  return Done{};
}

// Nobody has asked for the files of the service: those that are not there are none. A directory
// that everybody may list can hold a file that not everybody may read.
Result<ConfigFiles> read_service_files(const CommandLine& command_line,
                                       std::vector<std::string>& notes) {
  std::vector<std::string> paths;
  for (const std::string& path : command_line.config_paths)
    if (is_there(path)) paths.push_back(path);
  if (auto done = leave_out_closed(paths, command_line.command, notes); !done) return done.error();
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    const auto found = config_files_at(path);
    if (!found) return found.error();
    files.insert(files.end(), found.value().begin(), found.value().end());
  }
  if (auto done = leave_out_closed(files, command_line.command, notes); !done) return done.error();
  return read_config_files(files);
}

}  // namespace

Result<ResolvedOptions> read_options(const CommandLine& command_line) {
  std::vector<std::string> notes;
  const bool is_asked_for = command_line.config_origin != Origin::kDefault;
  auto files = is_asked_for ? read_config_files(command_line.config_paths)
                            : read_service_files(command_line, notes);
  if (!files) return files.error();
  if (is_asked_for && files->read.empty() && !command_line.config_paths.empty())
    notes.push_back("no *.conf in " + joined(command_line.config_paths) +
                    ": no configuration file is read");
  OptionVariables environment = read_environment(process_environment());
  // Our children have the environment that was looked at already, and an older version of this
  // program may have made it.
  const bool is_child = command_line.worker_slot > 0 || command_line.serve_status;
  if (!is_child && !environment.refusal.empty())
    return Error{ErrorKind::kUsage, environment.refusal};
  auto resolved =
      resolve_options(command_line.flags, environment.settings, files->settings, files->places);
  if (!resolved) return resolved.error();
  resolved->files = files->read;
  notes.insert(notes.end(), environment.notes.begin(), environment.notes.end());
  if (!is_child) resolved->notes = std::move(notes);
  // Whoever shows the status logs in nowhere, and may be somebody who must not read them.
  if (command_line.command == Command::kStatus || command_line.serve_status) return resolved;
  if (auto done = read_password_files(resolved->options); !done) return done.error();
  return resolved;
}

}  // namespace event_consumer
