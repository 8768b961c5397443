#include "worker/loop/rejection_log.h"

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using std::chrono::seconds;

constexpr TimePoint kNow = TimePoint(std::chrono::hours(1));

const Rejection kBad = {Reason::kBadValue, "n", "n: \"x\" is not a UInt8"};
const Rejection kNotJson = {Reason::kNotJson, "", "no JSON at byte 0"};

TEST_CASE("rejection log: the first rejection is said at once", "[rejection_log]") {
  RejectionLog log;
  CHECK(log.note(kBad, kNow).value_or("") ==
        "message rejected, bad_value: n: \"x\" is not a UInt8");
}

TEST_CASE("rejection log: later ones within ten seconds are counted", "[rejection_log]") {
  RejectionLog log;
  log.note(kBad, kNow);
  for (int i = 0; i < 100; ++i) CHECK_FALSE(log.note(kBad, kNow + seconds(i / 11)).has_value());
  CHECK(log.note(kNotJson, kNow + seconds(10)).value_or("") ==
        "101 messages rejected since the last such line; the latest: message rejected, not_json: "
        "no JSON at byte 0");
}

TEST_CASE("rejection log: what was counted is said in time, without another", "[rejection_log]") {
  RejectionLog log;
  CHECK_FALSE(log.deadline());
  log.note(kBad, kNow);
  CHECK_FALSE(log.deadline());
  log.note(kBad, kNow + seconds(1));
  log.note(kNotJson, kNow + seconds(2));
  CHECK(log.deadline() == kNow + seconds(10));
  CHECK_FALSE(log.time_passed(kNow + seconds(9)).has_value());
  CHECK(log.time_passed(kNow + seconds(10)).value_or("") ==
        "2 messages rejected since the last such line; the latest: message rejected, not_json: no "
        "JSON at byte 0");
  CHECK_FALSE(log.time_passed(kNow + seconds(30)).has_value());
  CHECK_FALSE(log.deadline());
}

TEST_CASE("rejection log: the count begins anew with each line", "[rejection_log]") {
  RejectionLog log;
  log.note(kBad, kNow);
  log.note(kBad, kNow + seconds(1));
  log.note(kBad, kNow + seconds(10));
  CHECK_FALSE(log.note(kBad, kNow + seconds(19)).has_value());
  CHECK(log.note(kBad, kNow + seconds(20)).value_or("").substr(0, 10) == "2 messages");
}

TEST_CASE("rejection log: a single one after a pause is said as the first was", "[rejection_log]") {
  RejectionLog log;
  const auto first = log.note(kBad, kNow);
  CHECK((log.note(kBad, kNow + seconds(60)) == first));
  CHECK((log.note(kBad, kNow + seconds(120)) == first));
}

}  // namespace
}  // namespace event_consumer
