#include "worker/loop/prefetch_window.h"

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

// As the loop does: a new consumer when that is worth it.
bool apply_if_due(PrefetchWindow& window) {
  const bool is_due = window.has_grown(0);
  if (is_due) window.begin_consumer(0);
  return is_due;
}

void receive(PrefetchWindow& window, int count, std::size_t bytes) {
  for (int i = 0; i < count; ++i) window.received(bytes);
}

TEST_CASE("prefetch window: a steady stream changes nothing", "[prefetch_window]") {
  PrefetchWindow window(30'000, 32 << 20);
  window.begin_consumer(0);
  CHECK(window.size() == 30'000);
  for (int i = 0; i < 100; ++i) {
    receive(window, 1000, 400);
    window.inserted();
    CHECK_FALSE(apply_if_due(window));
  }
}

TEST_CASE("prefetch window: follows the size of what comes, so that a full one can be held",
          "[prefetch_window]") {
  PrefetchWindow window(30'000, 1'000'000);
  window.begin_consumer(0);
  receive(window, 1000, 5'000);
  CHECK(window.size() == 100);
  CHECK_FALSE(apply_if_due(window));
  window.begin_consumer(0);  // the next consumer
  receive(window, 1000, 4'000);
  CHECK_FALSE(apply_if_due(window));
  receive(window, 1000, 500);
  CHECK(apply_if_due(window));
  CHECK(window.size() >= 900);
}

TEST_CASE("prefetch window: never less than one", "[prefetch_window]") {
  PrefetchWindow window(10, 1000);
  receive(window, 1000, 1'000'000);
  CHECK(window.size() == 1);
  window.too_many_bytes();
  window.link_lost(0);
  CHECK(window.size() == 1);
}

TEST_CASE("prefetch window: too many bytes leave a quarter, which inserts let grow",
          "[prefetch_window]") {
  PrefetchWindow window(1000, 1 << 30);
  window.begin_consumer(0);
  window.too_many_bytes();
  CHECK(window.size() == 250);
  window.inserted();
  CHECK(window.size() == 500);
  for (int i = 0; i < 10; ++i) window.inserted();
  CHECK(window.size() == 1000);
}

TEST_CASE("prefetch window: after everything was given back, one is the probe until an insert",
          "[prefetch_window]") {
  PrefetchWindow window(1000, 1 << 30);
  window.given_back();
  window.begin_consumer(0);
  CHECK(window.is_probing());
  CHECK(window.size() == 1);
  receive(window, 5, 100);
  CHECK(window.is_probing());
  window.inserted();
  CHECK_FALSE(window.is_probing());
  CHECK_FALSE(apply_if_due(window));  // two: a new consumer is not worth it
  window.inserted();
  CHECK(apply_if_due(window));
  CHECK(window.size() == 4);
}

TEST_CASE("prefetch window: after a lost link begins with what was settled on it",
          "[prefetch_window]") {
  PrefetchWindow window(1000, 1 << 30);
  window.link_lost(5000);
  CHECK(window.size() == 1000);
  window.link_lost(30);
  CHECK(window.size() == 30);
  window.link_lost(100);
  CHECK(window.size() == 30);
  window.link_lost(0);
  CHECK(window.size() == 1);
  // Before the new link consumes there is nothing to replace.
  window.inserted();
  window.inserted();
  CHECK_FALSE(window.has_grown(0));
}

// Else an event would wait for ever for others to decide about it.
TEST_CASE("prefetch window: a small one is exceeded when more are wanted", "[prefetch_window]") {
  PrefetchWindow window(2, 1 << 30);
  window.begin_consumer(0);
  CHECK_FALSE(window.is_wide_open(2));
  window.widen(2);
  CHECK(window.size() == 8);
  window.widen(8);
  CHECK(window.size() == 16);
  CHECK(window.is_wide_open(16));
  window.inserted();
  CHECK(window.size() == 2);
}

// Seed 83728 of the simulation: one event, refused alone, kept the only place of a window for large
// ones, and none came to compare it with.
TEST_CASE("prefetch window: one that is small for its bytes is exceeded one by one",
          "[prefetch_window]") {
  PrefetchWindow window(100, 1000);
  window.received(600);
  REQUIRE(window.size() == 1);
  for (std::size_t in_hand = 1; in_hand < 16; ++in_hand) {
    CHECK_FALSE(window.is_wide_open(in_hand));
    window.widen(in_hand);
    CHECK(window.begin_consumer(in_hand) == 1);
  }
  window.inserted();
  CHECK(window.size() == 1);
  window.widen(1);
  window.link_lost(5);
  CHECK(window.size() == 1);
}

TEST_CASE("prefetch window: a consumer is asked for what is wanted beside those that wait",
          "[prefetch_window]") {
  PrefetchWindow window(100, 1 << 30);
  CHECK(window.begin_consumer(0) == 100);
  CHECK(window.begin_consumer(40) == 60);
  CHECK_FALSE(window.has_grown(40));
  CHECK(window.has_grown(0));  // they are decided
  CHECK(window.begin_consumer(100) == 1);
  CHECK(window.begin_consumer(120) == 1);
}

TEST_CASE("prefetch window: a probe outlives its link", "[prefetch_window]") {
  PrefetchWindow window(1000, 1 << 30);
  window.given_back();
  window.link_lost(0);
  CHECK(window.is_probing());
}

TEST_CASE("prefetch window: links break as long as none settles anything", "[prefetch_window]") {
  PrefetchWindow window(1000, 1 << 30);
  window.link_lost(1);
  CHECK_FALSE(window.links_break());
  window.link_lost(0);
  window.link_lost(1);  // not by an insert
  CHECK(window.links_break());
  window.inserted();
  CHECK_FALSE(window.links_break());
}

}  // namespace
}  // namespace event_consumer
