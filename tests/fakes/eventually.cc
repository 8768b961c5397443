#include "tests/fakes/eventually.h"

#include <chrono>
#include <thread>

namespace event_consumer::testing {

namespace {

constexpr std::chrono::seconds kDeadline{20};
constexpr std::chrono::milliseconds kBetweenLooks{2};

}  // namespace

bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kDeadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(kBetweenLooks);
  }
  return true;
}

}  // namespace event_consumer::testing
