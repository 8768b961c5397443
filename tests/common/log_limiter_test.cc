#include "common/log_limiter.h"

#include "tests/support/catch.h"

namespace event_consumer {

namespace {

using std::chrono::seconds;

constexpr TimePoint kNow{std::chrono::hours(1)};

}  // namespace

TEST_CASE("said once: a text is news once in ten minutes", "[said_once]") {
  LogLimiter said;
  CHECK(said.is_news("refused", kNow));
  CHECK_FALSE(said.is_news("refused", kNow + seconds(1)));
  CHECK_FALSE(said.is_news("refused", kNow + seconds(599)));
  CHECK(said.is_news("refused", kNow + seconds(600)));
}

TEST_CASE("said once: two texts in turns are said once each", "[said_once]") {
  LogLimiter said;
  CHECK(said.is_news("a is away", kNow));
  CHECK(said.is_news("b is away", kNow));
  CHECK_FALSE(said.is_news("a is away", kNow + seconds(1)));
  CHECK_FALSE(said.is_news("b is away", kNow + seconds(2)));
}

TEST_CASE("said once: a text that is another each time does not fill the log", "[said_once]") {
  LogLimiter said;
  std::size_t count = 0;
  for (int i = 0; i < 599; ++i)
    count += said.is_news("would use " + std::to_string(i) + " bytes", kNow + seconds(i));
  CHECK(count == LogLimiter::kMost);
}

TEST_CASE("said once: what comes after the end of a fault is news", "[said_once]") {
  LogLimiter said;
  said.is_news("refused", kNow);
  said.over();
  CHECK(said.is_news("refused", kNow));
}

}  // namespace event_consumer
