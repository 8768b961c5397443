#include "worker/commands/check_expiry.h"

#include <spdlog/fmt/chrono.h>
#include <spdlog/fmt/fmt.h>

#include <ctime>

namespace event_consumer {
namespace {

constexpr std::int64_t kDay = 24 * 60 * 60;
constexpr std::int64_t kSoon = 14 * kDay;

}  // namespace

void report_expiry(const std::string& server, const CertificateExpiry& first, std::int64_t now,
                   Report& report) {
  if (first.unix_seconds == 0) return;
  const std::string line =
      fmt::format("{}: of all certificates {} expires first, on {:%Y-%m-%d at %H:%M} UTC", server,
                  first.subject, fmt::gmtime(static_cast<std::time_t>(first.unix_seconds)));
  const std::int64_t left = first.unix_seconds - now;
  if (left >= kSoon) return report.good(line);
  const std::int64_t days = left / kDay;
  report.note(
      fmt::format("{}, which is in {} day{}: have it made anew", line, days, days == 1 ? "" : "s"));
}

void report_expiry(const std::string& server, const CertificateExpiry& first, Report& report) {
  report_expiry(server, first, std::time(nullptr), report);
}

}  // namespace event_consumer
