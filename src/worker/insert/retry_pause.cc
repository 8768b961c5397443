#include "worker/insert/retry_pause.h"

#include <chrono>

#include "common/log.h"

namespace event_consumer {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// So long one code may keep inserts from being stored before the log speaks of it anew.
constexpr std::chrono::minutes kLongFailure{5};

}  // namespace

RetryPause::RetryPause()
    : transient_(milliseconds(100), seconds(30)), configuration_(seconds(5), seconds(60)) {}

Duration RetryPause::after(ErrorClass error_class, const std::string& why, TimePoint now) {
  const Duration pause =
      (error_class == ErrorClass::kConfiguration ? configuration_ : transient_).next();
  if (!why.empty() && log_limiter_.is_news(why, now))
    log::warn("{}; nothing is lost, tried again in {:.1f} s and then until it works", why,
              std::chrono::duration<double>(pause).count());
  why_ = why;
  return pause;
}

void RetryPause::note_code(int code, const std::string& why, TimePoint now) {
  if (!long_failure_ || long_failure_->code != code) long_failure_ = LongFailure{code, now, false};
  if (long_failure_->is_said || now - long_failure_->since < kLongFailure) return;
  long_failure_->is_said = true;
  log::warn("nothing was stored for {} minutes, for one reason all the time: {}",
            kLongFailure.count(), why);
}

void RetryPause::over() {
  transient_.reset();
  configuration_.reset();
  why_.clear();
  long_failure_.reset();
  log_limiter_.over();
}

}  // namespace event_consumer
