// Waiting in tests: a condition is polled until a deadline, nothing ever sleeps for a fixed time.
// Also the one place where Ctrl-C ends a wait, so that servers and directories are cleaned up.
#pragma once

#include <functional>
#include <stdexcept>

#include "common/clock.h"

namespace event_consumer::testing {

// Thrown by wait_until and throw_if_interrupted after catch_interrupts.
struct Interrupted : std::runtime_error {
  Interrupted() : std::runtime_error("interrupted") {}
};

// Asks `condition` about every 10 ms until it answers true or `timeout` has passed. Returns its
// last answer; it is asked at least once. Exceptions of the condition pass through.
bool wait_until(const std::function<bool()>& condition, Duration timeout);

// The same, and no signal ends it: for destructors, which must not throw.
bool wait_undisturbed(const std::function<bool()>& condition, Duration timeout);

// From now on SIGINT, SIGTERM and SIGHUP do not end this program but make every wait_until throw
// Interrupted, so that destructors run. Without this call the signals keep their usual meaning.
void catch_interrupts();

// Throws Interrupted when one of those signals has come.
void throw_if_interrupted();

}  // namespace event_consumer::testing
