// OomCounter: whether the kernel has killed anything for lack of memory since the last look. It
// names no victim: with a worker just killed by SIGKILL, that is a good guess.
#pragma once

#include <cstdint>
#include <string>

namespace event_consumer {

class OomCounter {
 public:
  // The kills are those of /proc/vmstat, all of this host (oom_kill, Linux 4.13).
  OomCounter();
  bool has_risen();

 private:
  std::uint64_t seen_;
};

// The number behind `name` in the text of /proc/vmstat; 0 when it is not there.
std::uint64_t read_vmstat(const std::string& text, const std::string& name);

}  // namespace event_consumer
