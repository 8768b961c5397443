#include "common/scoreboard/published.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>

#include "tests/support/catch.h"

namespace event_consumer {

namespace {

struct Value {
  std::array<std::uint64_t, 100> words;
};

Value all(std::uint64_t word) {
  Value value;
  value.words.fill(word);
  return value;
}

}  // namespace

TEST_CASE("nothing published reads as zero") {
  const auto board = std::make_unique<Published<Value>>();
  CHECK(board->empty());
  CHECK(board->read().words[99] == 0);
}

TEST_CASE("the value published last is read") {
  const auto board = std::make_unique<Published<Value>>();
  board->publish(all(1));
  board->publish(all(2));
  board->publish(all(3));
  CHECK_FALSE(board->empty());
  CHECK(board->read().words[0] == 3);
  CHECK(board->read().words[99] == 3);
}

TEST_CASE("a reader never sees parts of two values, nor an older one after a newer one") {
  const auto board = std::make_unique<Published<Value>>();
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (std::uint64_t i = 1; i <= 20'000; ++i) board->publish(all(i));
    done = true;
  });
  std::uint64_t last = 0;
  bool whole = true, forward = true;
  while (!done) {
    const Value value = board->read();
    whole = whole && std::all_of(value.words.begin(), value.words.end(),
                                 [&](std::uint64_t word) { return word == value.words[0]; });
    forward = forward && value.words[0] >= last;
    last = value.words[0];
  }
  writer.join();
  CHECK(whole);
  CHECK(forward);
  CHECK(board->read().words[0] == 20'000);
}

}  // namespace event_consumer
