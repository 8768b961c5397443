#include "worker/loop/rejections.h"

#include <utility>

#include "common/log.h"

namespace event_consumer {
namespace {

// So much memory at most do messages take that the dead-letter queue has not confirmed.
constexpr std::size_t kMostUnconfirmedBytes = 256 * 1024;

}  // namespace

void Rejections::link_lost() {
  queue_ = nullptr;
  unconfirmed_.clear();
}

Result<Done> Rejections::reject(const Delivery& delivery, const Rejection& rejection,
                                TimePoint now) {
  if (const auto line = log_.note(rejection, now)) log::warn("{}", *line);
  if (queue_ == nullptr) return Done{};
  unconfirmed_[delivery.tag] = {rejection.reason, rejection.column};
  return queue_->publish(delivery, rejection);
}

Rejections::Blame Rejections::confirmed(DeliveryTag tag) {
  Blame blame = std::move(unconfirmed_[tag]);
  unconfirmed_.erase(tag);
  return blame;
}

void Rejections::forget() {
  unconfirmed_.clear();
  if (queue_ != nullptr) queue_->forget();
}

bool Rejections::has_room() const {
  if (queue_ == nullptr) return true;
  return !queue_->refuses() && queue_->unconfirmed_bytes() < kMostUnconfirmedBytes;
}

std::size_t Rejections::refused() const {
  return queue_ != nullptr && queue_->refuses() ? unconfirmed_.size() : 0;
}

std::size_t Rejections::blocked() const {
  const bool is_blocked = queue_ != nullptr && !queue_->refuses() && queue_->is_blocked();
  return is_blocked ? unconfirmed_.size() : 0;
}

void Rejections::time_passed(TimePoint now) {
  if (const auto line = log_.time_passed(now)) log::warn("{}", *line);
}

}  // namespace event_consumer
