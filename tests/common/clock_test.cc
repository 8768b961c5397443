#include "common/clock.h"

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr TimePoint kNow = TimePoint(hours(1));

TEST_CASE("clock: the earliest of two deadlines", "[clock]") {
  CHECK((earliest(kNow, kNow + hours(1)) == kNow));
  CHECK((earliest(kNow + hours(1), kNow) == kNow));
}

TEST_CASE("clock: an absent deadline never comes", "[clock]") {
  CHECK((earliest(std::nullopt, kNow) == kNow));
  CHECK((earliest(kNow, std::nullopt) == kNow));
  CHECK_FALSE(earliest(std::nullopt, std::nullopt).has_value());
}

TEST_CASE("clock: poll waits for ever without a deadline", "[clock]") {
  CHECK(poll_timeout_ms(std::nullopt, kNow) == -1);
}

TEST_CASE("clock: poll does not wait for a deadline that has passed", "[clock]") {
  CHECK(poll_timeout_ms(kNow, kNow) == 0);
  CHECK(poll_timeout_ms(kNow - hours(1), kNow) == 0);
}

TEST_CASE("clock: poll's time-out is rounded up, so that it never wakes too early", "[clock]") {
  CHECK(poll_timeout_ms(kNow + nanoseconds(1), kNow) == 1);
  CHECK(poll_timeout_ms(kNow + milliseconds(5), kNow) == 5);
  CHECK(poll_timeout_ms(kNow + milliseconds(5) + microseconds(1), kNow) == 6);
}

TEST_CASE("clock: a deadline too far for poll's int is waited for in parts", "[clock]") {
  CHECK(poll_timeout_ms(kNow + hours(24 * 365), kNow) == 3'600'000);
  CHECK(poll_timeout_ms(TimePoint::max(), kNow) == 3'600'000);
}

}  // namespace
}  // namespace event_consumer
