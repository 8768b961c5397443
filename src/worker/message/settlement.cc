#include "worker/message/settlement.h"

#include <string>
#include <utility>

#include "common/log.h"

namespace event_consumer {
namespace {

// So much fits into the buffers of a socket, and publishing never blocks for longer than a moment.
constexpr std::size_t kMostUnconfirmedBytes = 256 * 1024;

}  // namespace

Settlement::Settlement(const SettlementLimits& limits, Encoding encoding, CrashGuard& guard,
                       Source& source, DeadLetterSink* dead_letters, Inserter& inserter)
    : limits_(limits),
      source_(source),
      dead_letters_(dead_letters),
      stage_(limits.batch, limits.table_check_interval, std::move(encoding), guard, inserter,
             *this) {}

Result<Done> Settlement::take(const Delivery& delivery, TimePoint now) {
  now_ = now;
  if (!window_.add(delivery.tag, now))
    return Error{ErrorKind::kInternal,
                 "delivery tag " + std::to_string(delivery.tag) + " came out of order"};
  count_received(delivery);
  std::optional<Rejection> rejection;
  if (delivery.body.size() > limits_.batch.bytes)
    rejection = {Reason::kTooLarge, "",
                 std::to_string(delivery.body.size()) + " bytes, --batch-bytes is " +
                     std::to_string(limits_.batch.bytes)};
  else
    rejection = stage_.add(delivery, now);
  if (rejection) {
    if (auto done = refused(delivery, *rejection); !done) return done;
  }
  // A full window brings nothing more: whoever waits for company would wait in vain.
  if (window_.unacknowledged() >= limits_.prefetch) stage_.seal(FlushReason::kWindow);
  stage_.post_next(now);
  return Done{};
}

void Settlement::count_received(const Delivery& delivery) {
  ++counters_.received;
  if (delivery.redelivered) ++counters_.redelivered;
  counters_.received_bytes += delivery.body.size();
}

Result<Done> Settlement::give_back(const Delivery& delivery) {
  window_.add(delivery.tag, now_);
  count_received(delivery);
  window_.settle(delivery.tag, Verdict::kReturned);
  if (auto done = source_.give_back(delivery.tag); !done) return done;
  return acknowledge();
}

void Settlement::leave(const Delivery& delivery) {
  count_received(delivery);
  ++left_;
}

Result<Done> Settlement::give_back_all(TimePoint now) {
  for (const DeliveryTag tag : window_.pending()) {
    window_.settle(tag, Verdict::kReturned);
    if (auto done = source_.give_back(tag); !done) return done;
  }
  unconfirmed_.clear();
  if (dead_letters_ != nullptr) dead_letters_->forget();
  stage_.drop_all_and_probe(now);
  return acknowledge();
}

void Settlement::stored(const std::vector<DeliveryTag>& tags) {
  for (const DeliveryTag tag : tags) window_.settle(tag, Verdict::kStored);
}

Result<Done> Settlement::refused(const Delivery& delivery, const Rejection& rejection) {
  if (const auto line = rejection_log_.note(rejection, now_)) log::warn("{}", *line);
  if (dead_letters_ != nullptr) {
    unconfirmed_[delivery.tag] = rejection.reason;
    return dead_letters_->publish(delivery, rejection);
  }
  window_.settle(delivery.tag, Verdict::kRejected);
  if (auto done = source_.reject(delivery.tag); !done) return done;
  return acknowledge();
}

Result<Done> Settlement::dead_lettered(DeliveryTag tag) {
  if (window_.settle(tag, Verdict::kDeadLettered))
    ++counters_.dead_lettered[static_cast<std::size_t>(unconfirmed_[tag])];
  unconfirmed_.erase(tag);
  return acknowledge();
}

Result<Done> Settlement::inserted(const InsertOutcome& outcome, TimePoint now) {
  now_ = now;
  if (auto done = stage_.inserted(outcome, now); !done) return done;
  stage_.post_next(now);
  return acknowledge();
}

Result<Done> Settlement::table_checked(TableOutcome outcome, TimePoint now) {
  now_ = now;
  if (auto done = stage_.table_checked(std::move(outcome), now); !done) return done;
  stage_.post_next(now);
  return acknowledge();
}

void Settlement::time_passed(TimePoint now) {
  stage_.time_passed(now);
  stage_.post_next(now);
}

void Settlement::link_lost() {
  window_.restart();
  unconfirmed_.clear();
  stage_.drop_all();
}

Result<Done> Settlement::acknowledge() {
  const auto tag = window_.take_settled_prefix();
  if (!tag) return Done{};
  return source_.acknowledge_up_to(*tag);
}

bool Settlement::may_take() const {
  if (stage_.held_bytes() >= limits_.held_bytes()) return false;
  if (dead_letters_ == nullptr) return true;
  return !dead_letters_->refuses() && dead_letters_->unconfirmed_bytes() < kMostUnconfirmedBytes;
}

bool Settlement::has_room() const {
  return stage_.is_healthy() && may_take() && stage_.held_bytes() <= limits_.held_bytes() / 2;
}

bool Settlement::drained() const {
  if (window_.in_hand() == 0 || stage_.gave_up()) return true;
  const bool refuses = dead_letters_ != nullptr && dead_letters_->refuses();
  return refuses && window_.in_hand() <= unconfirmed_.size();
}

void Settlement::drain(TimePoint now) {
  stage_.drain();
  stage_.post_next(now);
}

void Settlement::report(WorkerRecord& record) {
  record.counters = counters_;
  record.counters.inserted = window_.count(Verdict::kStored);
  record.counters.rejected = window_.count(Verdict::kRejected);
  record.counters.returned = window_.count(Verdict::kReturned) + left_;
  record.in_hand = window_.in_hand();
  record.unacknowledged = window_.unacknowledged();
  record.oldest_taken_at = oldest() ? to_monotonic_time(*oldest()) : 0;
  stage_.report(record);
}

}  // namespace event_consumer
