#include "worker/commands/check_expiry.h"

#include <sstream>

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

constexpr std::int64_t kUntil = 1'798'797'600;  // 2027-01-01 10:00 UTC
constexpr std::int64_t kDay = 86400;

std::string reported(const CertificateExpiry& first, std::int64_t now) {
  std::ostringstream out;
  Report report(out);
  report_expiry("RabbitMQ", first, now, report);
  return out.str();
}

TEST_CASE("check: the certificate that expires first is told, and 14 days before it is a note") {
  const std::string line =
      "RabbitMQ: of all certificates CN=a expires first, on 2027-01-01 at 10:00 UTC";
  CHECK(reported({"CN=a", kUntil}, kUntil - 15 * kDay) == "✓ " + line + "\n");
  CHECK(reported({"CN=a", kUntil}, kUntil - 14 * kDay + 1) ==
        "! " + line + ", which is in 13 days: have it made anew\n");
  CHECK(reported({"CN=a", kUntil}, kUntil - kDay) ==
        "! " + line + ", which is in 1 day: have it made anew\n");
  CHECK(reported({}, kUntil).empty());
}

}  // namespace
}  // namespace event_consumer
