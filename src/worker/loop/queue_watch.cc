#include "worker/loop/queue_watch.h"

#include <chrono>
#include <limits>

namespace event_consumer {
namespace {

constexpr std::chrono::seconds kPeriod{10};
// The rate is that of so long.
constexpr std::chrono::seconds kLookBack{60};

}  // namespace

void QueueWatch::link_made() {
  count_ = QueueCount{};
  counted_.clear();
  ask_at_ = TimePoint{};
}

Result<Done> QueueWatch::work(Source& source, TimePoint now) {
  if (!ask_at_ || now < *ask_at_) return Done{};
  ask_at_.reset();
  return source.count_queue();
}

void QueueWatch::counted(const QueueFacts& queue, TimePoint now) {
  ask_at_ = now + kPeriod;
  while (!counted_.empty() && now - counted_.front().at > kLookBack) counted_.pop_front();
  counted_.push_back({queue.messages, now});
  const Counted& first = counted_.front();
  const double seconds = std::chrono::duration<double>(now - first.at).count();
  const double left = static_cast<double>(first.messages) - queue.messages;
  const bool becomes_empty = queue.messages > 0 && left > 0 && seconds > 0;
  count_ = {
      queue.messages, queue.consumers,
      becomes_empty ? queue.messages * seconds / left : std::numeric_limits<double>::quiet_NaN(),
      to_monotonic_time(now)};
}

}  // namespace event_consumer
