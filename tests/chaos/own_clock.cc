#include "tests/chaos/own_clock.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <stdexcept>

namespace event_consumer::testing {

OwnClock::OwnClock(Environment& environment) {
  const std::string path = directory_.path() + "/seconds_ahead";
  file_ = UniqueFd(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  set_ahead(0);
  environment["OWN_CLOCK"] = path;
  environment["LD_PRELOAD"] = program_directory() + "/own-clock.so";
}

void OwnClock::set_ahead(int seconds) {
  const std::int64_t value = seconds;
  if (pwrite(file_.get(), &value, sizeof value, 0) != sizeof value)
    throw std::runtime_error("cannot step the clock of the service");
  seconds_ahead_ = seconds;
}

}  // namespace event_consumer::testing
