#include "worker/loop/rejection_log.h"

namespace event_consumer {

constexpr std::chrono::seconds kBetweenLines{10};

std::optional<std::string> RejectionLog::note(const Rejection& rejection, TimePoint now) {
  ++unsaid_;
  if (last_line_ && now - *last_line_ < kBetweenLines) return std::nullopt;
  std::string line =
      "message rejected, " + std::string(slug(rejection.reason)) + ": " + rejection.error;
  if (unsaid_ > 1)
    line = std::to_string(unsaid_) +
           " messages rejected since the last such line; the latest: " + line;
  last_line_ = now;
  unsaid_ = 0;
  return line;
}

}  // namespace event_consumer
