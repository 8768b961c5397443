#include "supervisor/status/status_history.h"

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using std::chrono::seconds;

std::string seen(std::uint64_t received, std::uint64_t inserted, std::uint64_t in_hand) {
  return R"({"totals":{"received":)" + std::to_string(received) + R"(,"inserted":)" +
         std::to_string(inserted) + R"(,"in_hand":)" + std::to_string(in_hand) + "}}";
}

TEST_CASE("status history: rates between looks, the highest as a full bar", "[status_history]") {
  const TimePoint start = Clock::now();
  StatusHistory history;
  CHECK(history.charts(80).empty());
  history.add(seen(1000, 0, 0), start);
  CHECK(history.charts(80).empty());
  history.add(seen(1200, 10, 7), start + seconds(2));
  history.add(seen(1600, 10, 0), start + seconds(4));
  CHECK(history.charts(80) ==
        "in/s                    200  ▄█\n"
        "stored/s                  0  █ \n"
        "dead letters/s            0    \n"
        "in hand                   0  █ \n");
}

TEST_CASE("status history: the latest looks are those that fit", "[status_history]") {
  const TimePoint start = Clock::now();
  StatusHistory history;
  for (int i = 0; i < 1000; ++i)
    history.add(seen(static_cast<std::uint64_t>(i) * 10, 0, 0), start + seconds(i));
  CHECK(history.charts(32).substr(0, 39) == "in/s                     10  ███\n");
}

TEST_CASE("status history: an instance that was started anew begins anew", "[status_history]") {
  const TimePoint start = Clock::now();
  StatusHistory history;
  history.add(seen(1000, 1000, 0), start);
  history.add(seen(2000, 2000, 0), start + seconds(1));
  history.add(seen(5, 5, 0), start + seconds(2));
  CHECK(history.charts(80).empty());
}

}  // namespace
}  // namespace event_consumer
