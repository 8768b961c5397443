// Passwords that stand in files of their own, where an operator (or systemd, Docker, Vault) puts
// them and changes them without touching the configuration.
#pragma once

#include <string>

#include "common/options.h"
#include "common/result.h"

namespace event_consumer {

// The content of `path` without the line break at its end. An Error (kUsage) names the file: it
// cannot be read, is empty, or holds more than one line.
Result<std::string> read_password_file(const std::string& path);

// Puts the passwords of the files that `options` names in their places; a file wins over a password
// given otherwise. Each process reads them at its own start, and again when it reconnects: so it
// uses the password that is there then. The Error is read_password_file's.
Result<Done> read_password_files(Options& options);

}  // namespace event_consumer
