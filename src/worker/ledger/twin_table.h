// TwinTable: whether a message equal in everything came a little earlier. It remembers some
// thousand of the latest, each in one place that a newer one may take.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/fingerprint.h"

namespace event_consumer {

class TwinTable {
 public:
  // The message has come. One that was delivered before may be the one that has its place here, and
  // is no twin. Where one of its twins is an entry of the ledger: its index.
  std::optional<std::uint64_t> came(const Fingerprint& message, bool redelivered) {
    Place& place = at(message);
    if (place.low != message.low) {
      place = {message.low, kNoEntry, false};
      return std::nullopt;
    }
    if (redelivered) return std::nullopt;
    place.is_twin = true;
    if (place.entry == kNoEntry) return std::nullopt;
    return place.entry;
  }

  // It is written as this entry.
  void written(const Fingerprint& message, std::uint64_t entry) {
    Place& place = at(message);
    if (place.low == message.low) place.entry = entry;
  }

  bool is_twin(const Fingerprint& message) const {
    const Place& place = places_[message.low % kPlaces];
    return place.low == message.low && place.is_twin;
  }

 private:
  static constexpr std::size_t kPlaces = 1 << 14;
  static constexpr std::uint64_t kNoEntry = ~std::uint64_t{0};

  struct Place {
    std::uint64_t low = 0;
    std::uint64_t entry = kNoEntry;
    bool is_twin = false;
  };

  Place& at(const Fingerprint& message) { return places_[message.low % kPlaces]; }

  std::vector<Place> places_ = std::vector<Place>(kPlaces);
};

}  // namespace event_consumer
