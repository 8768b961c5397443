// RetryPause: how long to wait after an insert or a look at the table that failed, and what the log
// says of it: a fault that goes on is said once, and once more when it lasts.
#pragma once

#include <optional>
#include <string>

#include "common/backoff.h"
#include "common/log_limiter.h"
#include "worker/insert/error_class.h"

namespace event_consumer {

class RetryPause {
 public:
  RetryPause();

  // How long to wait after a failure of this class for the reason `why`. Says so in the log, if
  // that is news.
  Duration after(ErrorClass error_class, const std::string& why, TimePoint now);

  // How long what is set apart waits for its next try.
  Duration between_rounds() { return configuration_.next(); }

  // How long to wait until ClickHouse is asked for a sign of life, for the reason of before.
  Duration before_probe(TimePoint now) { return after(ErrorClass::kConfiguration, why_, now); }

  // An insert failed with this exception code, and may pass by itself; the log hears of one code
  // that goes on for minutes.
  void note_code(int code, const std::string& why, TimePoint now);

  // An insert was stored: the next failure is a new one.
  void over();

 private:
  // Inserts that fail one after the other with the same code.
  struct LongFailure {
    int code;
    TimePoint since;
    bool is_said;  // that it is long
  };

  Backoff transient_;
  Backoff configuration_;
  std::string why_;  // of the latest failure
  LogLimiter log_limiter_;
  std::optional<LongFailure> long_failure_;
};

}  // namespace event_consumer
