// Passwords that stand in files of their own, where an operator (or systemd, Docker, Vault) puts
// them and changes them without touching the configuration.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "common/options.h"
#include "common/result.h"

namespace event_consumer {

// The content of `path` without the line break at its end. An Error (kUsage) names the file: it
// cannot be read, is empty, or holds more than one line.
Result<std::string> read_password_file(const std::string& path);

// Puts the passwords of the files that `options` names in their places; a file wins over a password
// given otherwise. Each process does so at its own start. The Error is read_password_file's.
Result<Done> read_password_files(Options& options);

// A password file that is read again while the program runs.
class PasswordFile {
 public:
  // `password` is the one that is in use. An empty path stands for no file.
  PasswordFile(std::string path, std::string password)
      : path_(std::move(path)), password_(std::move(password)) {}

  // The password in the file, if it is another one than before. The log says so; it also says once
  // that the file cannot be used, and then the password stays the same.
  std::optional<std::string> changed();

 private:
  std::string path_;
  std::string password_;
  std::string fault_;  // already in the log
};

}  // namespace event_consumer
