#include "worker/message/in_flight.h"

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

constexpr TimePoint kNow{std::chrono::hours(1)};

InFlight window_of(DeliveryTag last) {
  InFlight window;
  for (DeliveryTag tag = 1; tag <= last; ++tag) REQUIRE(window.add(tag, kNow));
  return window;
}

TEST_CASE("delivery window: tags come one by one, from 1", "[delivery_window]") {
  InFlight window;
  CHECK_FALSE(window.add(0, kNow));
  CHECK_FALSE(window.add(2, kNow));
  CHECK(window.add(1, kNow));
  CHECK_FALSE(window.add(1, kNow));
  CHECK_FALSE(window.add(3, kNow));
  CHECK(window.add(2, kNow));
  CHECK(window.in_hand() == 2);
}

TEST_CASE("delivery window: the oldest is the first that is not acknowledged",
          "[delivery_window]") {
  InFlight window;
  CHECK_FALSE(window.oldest());
  window.add(1, kNow);
  window.add(2, kNow + std::chrono::seconds(1));
  CHECK((window.oldest() == kNow));
  window.settle(2, Verdict::kStored);
  CHECK((window.oldest() == kNow));
  window.settle(1, Verdict::kStored);
  window.take_settled_prefix();
  CHECK_FALSE(window.oldest());
}

TEST_CASE("delivery window: still so when it is empty again", "[delivery_window]") {
  InFlight window = window_of(2);
  window.settle(1, Verdict::kStored);
  window.settle(2, Verdict::kStored);
  window.take_settled_prefix();
  CHECK_FALSE(window.add(1, kNow));
  CHECK(window.add(3, kNow));
}

TEST_CASE("delivery window: every delivery gets one verdict", "[delivery_window]") {
  InFlight window = window_of(3);
  CHECK(window.settle(2, Verdict::kStored));
  CHECK_FALSE(window.settle(2, Verdict::kStored));
  CHECK_FALSE(window.settle(2, Verdict::kDeadLettered));
  CHECK(window.count(Verdict::kStored) == 1);
  CHECK(window.count(Verdict::kDeadLettered) == 0);
}

TEST_CASE("delivery window: what is not in it gets none", "[delivery_window]") {
  InFlight window = window_of(2);
  CHECK_FALSE(window.settle(0, Verdict::kStored));
  CHECK_FALSE(window.settle(3, Verdict::kStored));
  CHECK(window.settle(1, Verdict::kStored));
  window.take_settled_prefix();
  CHECK_FALSE(window.settle(1, Verdict::kStored));
  CHECK(window.count(Verdict::kStored) == 1);
}

TEST_CASE("delivery window: acknowledged up to the first pending one", "[delivery_window]") {
  InFlight window = window_of(5);
  CHECK_FALSE(window.take_settled_prefix().has_value());
  window.settle(2, Verdict::kStored);
  CHECK_FALSE(window.take_settled_prefix().has_value());
  window.settle(1, Verdict::kDeadLettered);
  window.settle(4, Verdict::kStored);
  CHECK(window.take_settled_prefix().value_or(0) == 2);
  CHECK_FALSE(window.take_settled_prefix().has_value());
  window.settle(3, Verdict::kStored);
  CHECK(window.take_settled_prefix().value_or(0) == 4);
}

TEST_CASE("delivery window: what the broker has settled is not acknowledged", "[delivery_window]") {
  InFlight window = window_of(4);
  window.settle(1, Verdict::kStored);
  window.settle(2, Verdict::kRejected);
  window.settle(3, Verdict::kReturned);
  CHECK(window.take_settled_prefix().value_or(0) == 1);
  CHECK_FALSE(window.take_settled_prefix().has_value());
  window.settle(4, Verdict::kStored);
  CHECK(window.take_settled_prefix().value_or(0) == 4);
}

TEST_CASE("delivery window: one of only rejected ones needs no acknowledgement",
          "[delivery_window]") {
  InFlight window = window_of(2);
  window.settle(1, Verdict::kRejected);
  window.settle(2, Verdict::kReturned);
  CHECK_FALSE(window.take_settled_prefix().has_value());
  CHECK(window.in_hand() == 0);
}

// What the broker's prefetch window still holds.
TEST_CASE("delivery window: what is settled behind a pending one is not acknowledged yet",
          "[delivery_window]") {
  InFlight window = window_of(5);
  CHECK(window.unacknowledged() == 5);
  window.settle(2, Verdict::kStored);
  window.settle(3, Verdict::kDeadLettered);
  CHECK(window.unacknowledged() == 5);
  window.settle(4, Verdict::kRejected);
  CHECK(window.unacknowledged() == 4);
  window.settle(5, Verdict::kReturned);
  CHECK(window.unacknowledged() == 3);
  window.take_settled_prefix();
  CHECK(window.unacknowledged() == 3);
  window.settle(1, Verdict::kStored);
  CHECK(window.take_settled_prefix().value_or(0) == 3);
  CHECK(window.unacknowledged() == 0);
}

TEST_CASE("delivery window: counts verdicts for good, the pending ones as they are",
          "[delivery_window]") {
  InFlight window = window_of(6);
  CHECK(window.in_hand() == 6);
  window.settle(1, Verdict::kStored);
  window.settle(2, Verdict::kStored);
  window.settle(3, Verdict::kDeadLettered);
  window.settle(4, Verdict::kRejected);
  window.settle(5, Verdict::kReturned);
  window.take_settled_prefix();
  CHECK(window.in_hand() == 1);
  CHECK(window.count(Verdict::kPending) == 1);
  CHECK(window.count(Verdict::kStored) == 2);
  CHECK(window.count(Verdict::kDeadLettered) == 1);
  CHECK(window.count(Verdict::kRejected) == 1);
  CHECK(window.count(Verdict::kReturned) == 1);
}

TEST_CASE("delivery window: a new channel begins with tag 1 and nothing in hand",
          "[delivery_window]") {
  InFlight window;
  window.add(1, kNow);
  window.add(2, kNow);
  window.add(3, kNow);
  window.settle(2, Verdict::kStored);
  window.restart();
  CHECK(window.in_hand() == 0);
  CHECK(window.unacknowledged() == 0);
  CHECK(window.count(Verdict::kReturned) == 2);
  CHECK(window.count(Verdict::kStored) == 1);
  CHECK_FALSE(window.take_settled_prefix().has_value());
  CHECK(window.add(1, kNow));
  CHECK(window.settle(1, Verdict::kStored));
  CHECK(window.take_settled_prefix() == 1);
}

}  // namespace
}  // namespace event_consumer
