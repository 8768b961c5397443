// HistoryRing: samples of the sums of an instance over the last quarter of an hour, the oldest
// overwritten by the newest. A plain value like WorkerRecord; the status server fills it in, and
// finds it again when it is started anew.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "common/scoreboard/worker_record.h"

namespace event_consumer {

struct HistorySample {
  MonotonicTime at;
  // Counted since the start of the instance.
  std::uint64_t received;
  std::uint64_t inserted;
  std::array<std::uint64_t, kReasonCount> dead_lettered;
  std::uint64_t inserts;  // that were stored, and how long they took together
  double insert_seconds;
  std::uint64_t failed_inserts;
  std::uint64_t lost_links;
  std::uint64_t deaths;  // of workers that were not asked to stop
  // As they were then.
  std::uint64_t in_hand;
  double oldest_seconds;  // 0: nothing was in hand
};

// Lives in memory that was all zero bytes: that is the state «no sample».
class HistoryRing {
 public:
  static constexpr std::chrono::seconds kInterval{5};
  static constexpr std::size_t kMostSamples = 15 * 60 / 5 + 1;  // a quarter of an hour between ends

  void add(const HistorySample& sample) { samples_[taken_++ % kMostSamples] = sample; }

  std::size_t size() const { return taken_ < kMostSamples ? taken_ : kMostSamples; }
  // From 0, the oldest, to size() - 1.
  const HistorySample& sample(std::size_t index) const {
    return samples_[(taken_ - size() + index) % kMostSamples];
  }

  // When the next sample is due; nothing: at once.
  std::optional<TimePoint> due_at() const {
    if (taken_ == 0) return std::nullopt;
    return TimePoint(std::chrono::nanoseconds(sample(size() - 1).at)) + kInterval;
  }

 private:
  std::array<HistorySample, kMostSamples> samples_;
  std::uint64_t taken_;  // since the start of the instance
};

}  // namespace event_consumer
