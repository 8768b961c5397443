#include "worker/loop/rejection_log.h"

#include <utility>

namespace event_consumer {

constexpr std::chrono::seconds kBetweenLines{10};

std::optional<std::string> RejectionLog::note(const Rejection& rejection, TimePoint now) {
  ++unsaid_;
  latest_ = "message rejected, " + std::string(slug(rejection.reason)) + ": " + rejection.error;
  if (const auto due = deadline(); due && now < *due) return std::nullopt;
  return summary(now);
}

std::optional<std::string> RejectionLog::time_passed(TimePoint now) {
  const auto due = deadline();
  if (!due || now < *due) return std::nullopt;
  return summary(now);
}

std::optional<TimePoint> RejectionLog::deadline() const {
  if (!last_line_ || unsaid_ == 0) return std::nullopt;
  return *last_line_ + kBetweenLines;
}

std::string RejectionLog::summary(TimePoint now) {
  last_line_ = now;
  const std::size_t count = std::exchange(unsaid_, 0);
  if (count == 1) return latest_;
  return std::to_string(count) +
         " messages rejected since the last such line; the latest: " + latest_;
}

}  // namespace event_consumer
