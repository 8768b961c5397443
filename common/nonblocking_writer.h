// NonblockingWriter: writes texts to a descriptor that nobody may be reading, and never waits. The
// descriptor may be shared with other processes: they keep the mode that it has.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "common/unique_fd.h"

namespace event_consumer {

class NonblockingWriter {
 public:
  // `fd` stays the caller's and must stay open.
  explicit NonblockingWriter(int fd);

  // Writes the whole text or nothing, and returns 0 or the errno: EAGAIN when it would have to
  // wait. When only the beginning finds room, the end is kept, and goes out before anything else.
  int write(std::string_view text);

 private:
  enum class Way {
    kWrite,  // write(2) does not wait
    kSend,   // a socket
    kPoll,   // look first whether it would
  };

  // Writes as much of the text as there is room for, and takes that off its beginning.
  int write_some(std::string_view& text) const;
  ssize_t write_once(std::string_view text) const;

  int fd_;
  UniqueFd own_;
  Way way_ = Way::kWrite;
  std::string end_;  // of a text whose beginning is written
};

}  // namespace event_consumer
