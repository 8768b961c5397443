// Fiber: a function on a stack of its own that can be left in the middle and gone on with later
// (makecontext(3)). So a worker's loop, which waits by not returning, shares one thread with others
// and with a clock that is not the machine's. For one thread.
#pragma once

#include <ucontext.h>

#include <cstddef>
#include <functional>
#include <memory>

namespace event_consumer::simulation {

class Fiber {
 public:
  // Nothing runs before the first resume(). What `body` throws must not leave it.
  explicit Fiber(std::function<void()> body);
  // Only when it is over, or was never resumed.
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Runs `body` until it suspends or returns.
  void resume();
  // From within `body`: back to whoever has resumed it.
  void suspend();

  bool is_over() const { return is_over_; }

 private:
  struct Sanitizer;  // what the sanitizers must be told about a change of stacks

  static void enter(unsigned high, unsigned low);
  void run();

  std::function<void()> body_;
  std::unique_ptr<char[]> stack_;
  ucontext_t own_;
  ucontext_t caller_;
  std::unique_ptr<Sanitizer> sanitizer_;
  bool is_over_ = false;
};

}  // namespace event_consumer::simulation
