#include "common/read_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace event_consumer {

Result<std::string> read_file(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (file) content << file.rdbuf();
  // Where there is nothing to read, nothing was written, which is a failure to a stream.
  if (!file || (content.fail() && errno != 0))
    return Error{ErrorKind::kUsage, std::strerror(errno)};
  return content.str();
}

}  // namespace event_consumer
