// OwnClock: the wall clock of our processes, and nobody else's, which can be stepped while they
// run (tests/preload/own_clock.cc).
#pragma once

#include "tests/support/files.h"
#include "tests/support/process.h"

namespace event_consumer::testing {

class OwnClock {
 public:
  // Of what is started with that environment.
  explicit OwnClock(Environment& environment);

  // So many seconds before everybody else's, from now on.
  void set_ahead(int seconds);
  int seconds_ahead() const { return seconds_ahead_; }

 private:
  PrivateDirectory directory_{"clock"};
  UniqueFd file_;
  int seconds_ahead_ = 0;
};

}  // namespace event_consumer::testing
