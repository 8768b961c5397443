// Says in the log that messages are rejected, without a line for each: the first one at once, later
// ones counted into a line every ten seconds, which does not wait for the next rejection.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "common/clock.h"
#include "worker/encode/verdict.h"

namespace event_consumer {

class RejectionLog {
 public:
  // Counts a rejection. Returns the line that is due now, if any.
  std::optional<std::string> note(const Rejection& rejection, TimePoint now);

  // The line that is due by now though nothing was rejected, if any; and when one will be.
  std::optional<std::string> time_passed(TimePoint now);
  std::optional<TimePoint> deadline() const;

 private:
  std::string summary(TimePoint now);

  std::string latest_;
  std::optional<TimePoint> last_line_;
  std::size_t unsaid_ = 0;
};

}  // namespace event_consumer
