#include "tests/simulation/fiber.h"

#include <cstdint>
#include <utility>
#include <vector>

#if defined(UNDER_SANITIZER)
#include <sanitizer/common_interface_defs.h>
#endif

namespace event_consumer::simulation {
namespace {

constexpr std::size_t kStackSize = 512 * 1024;

// Stacks are used again: a run makes dozens of workers.
std::vector<std::unique_ptr<char[]>>& spare_stacks() {
  static std::vector<std::unique_ptr<char[]>> stacks;
  return stacks;
}

std::unique_ptr<char[]> take_stack() {
  auto& spare = spare_stacks();
  if (spare.empty()) return std::unique_ptr<char[]>(new char[kStackSize]);
  auto stack = std::move(spare.back());
  spare.pop_back();
  return stack;
}

}  // namespace

#if defined(UNDER_SANITIZER)
struct Fiber::Sanitizer {
  explicit Sanitizer(void* stack) : stack(stack) {}
  void leave_caller() { __sanitizer_start_switch_fiber(&callers_fake, stack, kStackSize); }
  void back_at_caller() { __sanitizer_finish_switch_fiber(callers_fake, nullptr, nullptr); }
  void at_own() { __sanitizer_finish_switch_fiber(own_fake, &callers_stack, &callers_size); }
  void leave_own(bool for_good) {
    __sanitizer_start_switch_fiber(for_good ? nullptr : &own_fake, callers_stack, callers_size);
  }

  void* stack;
  void* own_fake = nullptr;
  void* callers_fake = nullptr;
  const void* callers_stack = nullptr;
  std::size_t callers_size = 0;
};
#else
struct Fiber::Sanitizer {
  explicit Sanitizer(void*) {}
  void leave_caller() {}
  void back_at_caller() {}
  void at_own() {}
  void leave_own(bool) {}
};
#endif

Fiber::Fiber(std::function<void()> body)
    : body_(std::move(body)),
      stack_(take_stack()),
      sanitizer_(std::make_unique<Sanitizer>(stack_.get())) {
  getcontext(&own_);
  own_.uc_stack.ss_sp = stack_.get();
  own_.uc_stack.ss_size = kStackSize;
  own_.uc_link = nullptr;
  // makecontext() hands on integers only.
  const auto self = reinterpret_cast<std::uintptr_t>(this);
  makecontext(&own_, reinterpret_cast<void (*)()>(&Fiber::enter), 2,
              static_cast<unsigned>(self >> 32), static_cast<unsigned>(self));
}

Fiber::~Fiber() { spare_stacks().push_back(std::move(stack_)); }

void Fiber::enter(unsigned high, unsigned low) {
  reinterpret_cast<Fiber*>(static_cast<std::uintptr_t>(high) << 32 | low)->run();
}

void Fiber::run() {
  sanitizer_->at_own();
  body_();
  is_over_ = true;
  sanitizer_->leave_own(/*for_good=*/true);
  swapcontext(&own_, &caller_);
}

void Fiber::resume() {
  sanitizer_->leave_caller();
  swapcontext(&caller_, &own_);
  sanitizer_->back_at_caller();
}

void Fiber::suspend() {
  sanitizer_->leave_own(/*for_good=*/false);
  swapcontext(&own_, &caller_);
  sanitizer_->at_own();
}

}  // namespace event_consumer::simulation
