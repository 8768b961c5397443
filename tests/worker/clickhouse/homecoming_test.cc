// When inserts go back to the first host.
#include "worker/clickhouse/homecoming.h"

#include <chrono>

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const Error kAway{ErrorKind::kUnavailable, "cannot connect"};

// Looks every ten seconds for so long, from `now` on.
void answers(HostLooks& looks, TimePoint& now, Duration duration) {
  for (const TimePoint end = now + duration; now < end; now += seconds(10))
    looks.add(std::nullopt, now);
  looks.add(std::nullopt, now);
}

TEST_CASE("homecoming: a host that answers for a whole minute gets inserts back", "[failback]") {
  TimePoint now{hours(1)};
  Homecoming homecoming{minutes(1)};
  HostLooks looks;
  homecoming.left(now);
  CHECK_FALSE(homecoming.may_return(looks, now));
  looks.add(kAway, now);
  now += seconds(10);
  answers(looks, now, seconds(50));
  CHECK_FALSE(homecoming.may_return(looks, now));
  answers(looks, now, seconds(10));
  CHECK(homecoming.may_return(looks, now));
}

TEST_CASE("homecoming: a host that fails in between has to answer for a minute anew",
          "[failback]") {
  TimePoint now{hours(1)};
  Homecoming homecoming{minutes(1)};
  HostLooks looks;
  homecoming.left(now);
  for (int i = 0; i < 5; ++i) {
    answers(looks, now, seconds(50));
    looks.add(kAway, now += seconds(1));
    CHECK_FALSE(homecoming.may_return(looks, now));
    CHECK(looks.fault->message == "cannot connect");
  }
  answers(looks, now += seconds(9), minutes(1));
  CHECK(homecoming.may_return(looks, now));
  CHECK_FALSE(looks.fault);
}

TEST_CASE("homecoming: a host that does not answer the present look gets nothing", "[failback]") {
  TimePoint now{hours(1)};
  Homecoming homecoming{minutes(1)};
  HostLooks looks;
  homecoming.left(now);
  answers(looks, now, minutes(2));
  CHECK(homecoming.may_return(looks, now + seconds(20)));
  CHECK_FALSE(homecoming.may_return(looks, now + seconds(40)));
}

TEST_CASE("homecoming: it is on trial until an insert is stored", "[failback]") {
  TimePoint now{hours(1)};
  Homecoming homecoming{minutes(1)};
  CHECK_FALSE(homecoming.is_on_trial());
  homecoming.left(now);
  homecoming.returned(now += minutes(1));
  CHECK(homecoming.is_on_trial());
  homecoming.stored();
  CHECK_FALSE(homecoming.is_on_trial());
  homecoming.left(now);
  homecoming.returned(now += minutes(1));
  homecoming.left(now);
  CHECK_FALSE(homecoming.is_on_trial());
}

TEST_CASE("homecoming: each return that does not last makes the next one take longer",
          "[failback]") {
  TimePoint now{hours(1)};
  Homecoming homecoming{minutes(1)};
  homecoming.left(now);
  for (const Duration patience : {minutes(1), minutes(2), minutes(4), minutes(8), minutes(16),
                                  minutes(32), minutes(60), minutes(60)}) {
    CHECK(homecoming.patience() == patience);
    homecoming.returned(now += patience);
    homecoming.stored();
    homecoming.left(now += minutes(9));
  }
  homecoming.returned(now += hours(1));
  homecoming.left(now += minutes(10));
  CHECK(homecoming.patience() == minutes(1));
}

}  // namespace
}  // namespace event_consumer
