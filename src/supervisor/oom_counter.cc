#include "supervisor/oom_counter.h"

#include <fstream>
#include <sstream>

namespace event_consumer {

namespace {

std::uint64_t oom_kills() {
  std::ostringstream text;
  text << std::ifstream("/proc/vmstat").rdbuf();
  return read_vmstat(text.str(), "oom_kill");
}

}  // namespace

OomCounter::OomCounter() : seen_(oom_kills()) {}

bool OomCounter::has_risen() {
  const std::uint64_t now = oom_kills();
  const bool risen = now > seen_;
  seen_ = now;
  return risen;
}

std::uint64_t read_vmstat(const std::string& text, const std::string& name) {
  std::istringstream lines(text);
  std::string key;
  for (std::uint64_t value = 0; lines >> key >> value;)
    if (key == name) return value;
  return 0;
}

}  // namespace event_consumer
