#include "tests/support/wait.h"

#include <csignal>
#include <thread>

namespace event_consumer::testing {

namespace {

constexpr auto kPollInterval = std::chrono::milliseconds(10);

volatile std::sig_atomic_t interrupted = 0;

}  // namespace

bool wait_until(const std::function<bool()>& condition, Duration timeout) {
  return wait_undisturbed(
      [&] {
        const bool is_over = condition();
        if (!is_over) throw_if_interrupted();
        return is_over;
      },
      timeout);
}

bool wait_undisturbed(const std::function<bool()>& condition, Duration timeout) {
  const TimePoint deadline = Clock::now() + timeout;
  while (!condition()) {
    if (Clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kPollInterval);
  }
  return true;
}

void catch_interrupts() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    std::signal(signal, [](int) { interrupted = 1; });
  }
}

void throw_if_interrupted() {
  if (interrupted) throw Interrupted();
}

}  // namespace event_consumer::testing
