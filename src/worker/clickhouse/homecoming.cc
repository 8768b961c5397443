#include "worker/clickhouse/homecoming.h"

#include <algorithm>
#include <chrono>

namespace event_consumer {
namespace {

constexpr std::chrono::hours kLongestPatience{1};

// Longer than two looks are apart, and the second one takes.
constexpr std::chrono::seconds kFresh{30};

}  // namespace

void HostLooks::add(const std::optional<Error>& found, TimePoint now) {
  fault = found;
  latest = now;
  if (fault)
    good_since.reset();
  else if (!good_since)
    good_since = now;
}

void Homecoming::left(TimePoint now) {
  if (returned_at_) {
    const bool lasted = now - *returned_at_ >= 10 * after_;
    patience_ = lasted ? after_ : std::min<Duration>(2 * patience_, kLongestPatience);
    patience_ = std::max(patience_, after_);
  }
  returned_at_.reset();
  is_on_trial_ = false;
}

bool Homecoming::may_return(const HostLooks& looks, TimePoint now) const {
  return looks.good_since && looks.latest - *looks.good_since >= patience_ &&
         now - looks.latest <= kFresh;
}

void Homecoming::returned(TimePoint now) {
  returned_at_ = now;
  is_on_trial_ = true;
}

}  // namespace event_consumer
