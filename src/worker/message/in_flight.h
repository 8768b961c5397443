// The delivery window: the deliveries of one channel in their order, from the oldest unsettled one
// on, each with its verdict. It alone says how far we may acknowledge.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "common/clock.h"
#include "worker/message/delivery.h"

namespace event_consumer {

enum class Verdict : std::uint8_t {
  kPending,       // in hand: nothing decided yet
  kStored,        // ClickHouse has answered that its row is stored; to be acknowledged
  kDeadLettered,  // the dead-letter queue has confirmed it; to be acknowledged
  kRejected,      // rejected by basic.reject, which settles it at the broker
  kReturned,      // given back by basic.nack, which settles it at the broker
};
constexpr std::size_t kVerdictCount = 5;

class InFlight {
 public:
  // Takes in the next delivery as pending. Its tag must be one above the last (the broker numbers
  // the deliveries of a channel without gaps); false otherwise.
  bool add(DeliveryTag tag, TimePoint now);

  // Gives a pending delivery its one verdict. False when it is not in the window or has one
  // already.
  bool settle(DeliveryTag tag, Verdict verdict);

  // Drops the settled prefix. Returns the tag up to which everything may be acknowledged with
  // `multiple`, or nothing when no delivery in that prefix waits for an acknowledgement.
  std::optional<DeliveryTag> take_settled_prefix();

  // When the oldest delivery was taken that the broker waits for; nothing when there is none.
  std::optional<TimePoint> oldest() const;

  // The tags in hand, in order.
  std::vector<DeliveryTag> pending() const;

  // The channel is gone: everything in hand counts as returned, and tags begin with 1 again.
  void restart();

  // Deliveries in hand: pending, counted here and not computed from anything else.
  std::size_t in_hand() const { return count(Verdict::kPending); }

  // Deliveries that the broker still counts against the prefetch window: in hand, or settled behind
  // one that is in hand and therefore not acknowledged yet.
  std::size_t unacknowledged() const { return unacknowledged_; }

  // Deliveries that have this verdict now (pending) or ever had (all others).
  std::size_t count(Verdict verdict) const { return counts_[static_cast<std::size_t>(verdict)]; }

 private:
  struct Entry {
    TimePoint taken_at;
    Verdict verdict;
  };

  std::deque<Entry> entries_;  // of the tags from first_ on
  DeliveryTag first_ = 1;
  std::size_t unacknowledged_ = 0;
  std::array<std::size_t, kVerdictCount> counts_{};
};

}  // namespace event_consumer
