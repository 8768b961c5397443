#include "common/command_output.h"

#include <cerrno>
#include <cstring>
#include <iostream>

namespace event_consumer {

Result<bool> print(const std::string& text) {
  errno = 0;
  if (std::cout << text << std::flush) return true;
  if (errno == EPIPE) return false;
  return Error{ErrorKind::kInternal,
               std::string("cannot write to standard output: ") + std::strerror(errno)};
}

}  // namespace event_consumer
