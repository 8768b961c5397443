// FakeEventLoop: a loop whose time is the test's. Each wait() jumps to its deadline, or to the next
// thing that the test has planned, and remembers what it was to wait for.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "common/event_loop.h"

namespace event_consumer::testing {

class FakeEventLoop : public EventLoop {
 public:
  // At the next wait() that comes, in the order of these calls, the test does this; what it raises
  // is delivered by that wait(). Without a plan wait() lets time pass until the deadline.
  void plan(std::function<void()> step) { plan_.push_back(std::move(step)); }
  void raise(int signal) { signals_.push_back({signal, 0}); }

  TimePoint now() override { return time; }

  Result<Events> wait(const std::vector<Awaited>& fds, std::optional<TimePoint> until) override {
    awaited = fds;
    deadline = until;
    ++waits;
    if (fault) return *fault;
    if (!plan_.empty()) {
      const auto step = std::move(plan_.front());
      plan_.pop_front();
      step();
    } else if (deadline) {
      time = std::max(time, *deadline);
    }
    return Events{std::exchange(signals_, {}), {}};
  }

  bool awaits(int fd) const {
    return std::any_of(awaited.begin(), awaited.end(),
                       [fd](const Awaited& one) { return one.fd == fd; });
  }

  TimePoint time{std::chrono::hours(1)};
  std::vector<Awaited> awaited;       // of the latest wait()
  std::optional<TimePoint> deadline;  // likewise
  int waits = 0;
  std::optional<Error> fault;  // while set, waiting fails with it

 private:
  std::deque<std::function<void()>> plan_;
  std::vector<Signal> signals_;
};

}  // namespace event_consumer::testing
