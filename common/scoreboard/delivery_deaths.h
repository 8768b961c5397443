// Deaths over deliveries: which delivery a worker was encoding when it died. A message that kills
// workers is known by them: it comes back to the next worker, and is not encoded a third time. A
// note in the row of a process that is not known to be dead means nothing: it may encode another
// delivery with the same body. So a death counts from when the supervisor has reaped it; that takes
// less time than the broker needs to deliver again, and should it not, costs one death more.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "common/fingerprint.h"
#include "common/scoreboard/worker_record.h"

namespace event_consumer {

// So many deaths over one delivery are enough.
constexpr std::uint64_t kDeathsToCondemn = 2;

// In shared memory, written by one worker: the delivery that it encodes just now. The note outlives
// a worker that dies of it.
class EncodingNow {
 public:
  void begin(const Fingerprint& fingerprint) {
    high_.store(fingerprint.high, std::memory_order_relaxed);
    low_.store(fingerprint.low, std::memory_order_relaxed);
    encoding_.store(1, std::memory_order_release);
  }
  void end() { encoding_.store(0, std::memory_order_release); }

  std::optional<Fingerprint> fingerprint() const {
    if (encoding_.load(std::memory_order_acquire) == 0) return std::nullopt;
    return Fingerprint{high_.load(std::memory_order_relaxed), low_.load(std::memory_order_relaxed)};
  }

 private:
  std::atomic<std::uint64_t> high_;
  std::atomic<std::uint64_t> low_;
  std::atomic<std::uint64_t> encoding_;
};

// The deliveries over which workers died lately, kept by the supervisor. A plain value, published
// on the scoreboard.
struct DeliveryDeaths {
  static constexpr std::chrono::hours kRemembered{1};

  struct Entry {
    Fingerprint fingerprint;
    std::uint64_t deaths;  // 0: this place is free
    MonotonicTime last_at;
  };
  std::array<Entry, 64> latest;
  std::uint64_t next;  // the place to be used next; the oldest is forgotten

  // Returns how many workers have died over the delivery, this one included.
  std::uint64_t count(const Fingerprint& fingerprint, TimePoint now);
  // Forgets those over which nobody has died for kRemembered. Returns whether there were any.
  bool forget_old(TimePoint now);
  std::uint64_t of(const Fingerprint& fingerprint) const;
};

}  // namespace event_consumer
