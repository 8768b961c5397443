// Quoting for the shell scripts that test support writes.
#pragma once

#include <string>

namespace event_consumer::testing {

// The text as one word of a POSIX shell.
inline std::string shell_quote(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + '\'';
}

}  // namespace event_consumer::testing
