#include "common/backoff.h"

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

bool is_drawn_from(Duration step, Duration delay) { return delay >= step / 2 && delay <= step; }

TEST_CASE("backoff: each step is twice the one before, up to the longest", "[backoff]") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Backoff backoff(milliseconds(100), seconds(30), seed);
    for (int step : {100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000, 30000})
      CHECK(is_drawn_from(milliseconds(step), backoff.next()));
  }
}

TEST_CASE("backoff: a reset begins again at the first step", "[backoff]") {
  Backoff backoff(milliseconds(100), seconds(30), 1);
  for (int i = 0; i < 20; ++i) backoff.next();
  backoff.reset();
  CHECK(is_drawn_from(milliseconds(100), backoff.next()));
  CHECK(is_drawn_from(milliseconds(200), backoff.next()));
}

TEST_CASE("backoff: two of another seed do not march in step", "[backoff]") {
  Backoff one(seconds(1), seconds(30), 1);
  Backoff other(seconds(1), seconds(30), 2);
  CHECK(one.next() != other.next());
}

TEST_CASE("backoff: without a seed two differ as well", "[backoff]") {
  Backoff one(seconds(1), seconds(30));
  Backoff other(seconds(1), seconds(30));
  CHECK(one.next() != other.next());
}

TEST_CASE("backoff: never waits beyond the longest, however often it fails", "[backoff]") {
  Backoff backoff(milliseconds(1), seconds(30), 7);
  for (int i = 0; i < 1000; ++i) CHECK(backoff.next() <= seconds(30));
}

}  // namespace
}  // namespace event_consumer
