#include "worker/clickhouse/failback.h"

#include <algorithm>
#include <utility>

#include "common/log.h"
#include "common/text.h"

namespace event_consumer {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Of the looks at a host, while it is watched; several make the time that it has to answer.
Duration period_for(Duration after) {
  return std::min<Duration>(seconds(10), std::max<Duration>(milliseconds(10), after / 6));
}

}  // namespace

Failback::Failback(std::optional<Duration> after)
    : after_(after), homecoming_(after.value_or(Duration::zero())) {}

void Failback::at_home() {
  is_away_ = false;
  watch_.reset();
  why_.clear();
}

void Failback::away(const std::string& why, Look look, TimePoint now) {
  why_ = why;
  if (std::exchange(is_away_, true)) return;
  homecoming_.left(now);
  if (after_) watch_ = std::make_unique<HostWatch>(std::move(look), period_for(*after_));
}

void Failback::returned(const std::string& from, TimePoint now) {
  at_home();
  why_ =
      "back from " + from + ", as it had answered for " + std::to_string(patience().count()) + " s";
  homecoming_.returned(now);
}

std::optional<Inspection> Failback::ready(TimePoint now) const {
  if (!watch_ || !homecoming_.may_return(watch_->looks(), now)) return std::nullopt;
  return watch_->seen();
}

void Failback::reject(const Error& fault, TimePoint now) {
  if (watch_) watch_->reject(fault, now);
}

seconds Failback::patience() const { return std::chrono::ceil<seconds>(homecoming_.patience()); }

void Failback::renew(Look look) {
  if (watch_) watch_ = std::make_unique<HostWatch>(std::move(look), period_for(*after_));
}

std::string Failback::explain(TimePoint now) {
  if (!watch_) return why_;
  const HostLooks looks = watch_->looks();
  if (looks.good_since) return why_ + "; the first host answers again";
  if (looks.fault && looks.fault->kind == ErrorKind::kConfiguration) {
    if (log_limiter_.is_news(looks.fault->message, now))
      log::warn("inserts do not go back to the first host of CLICKHOUSE_HOST: {}",
                looks.fault->message);
    return "the first host cannot have inserts back: " + looks.fault->message;
  }
  return why_;
}

}  // namespace event_consumer
