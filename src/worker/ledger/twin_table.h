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
  // The message has come for the first time. Where one of its twins is an entry of the ledger: its
  // index.
  std::optional<std::uint64_t> arrived(const Fingerprint& message) {
    Place& place = at(message);
    const bool is_twin = place.low == message.low;
    came_again(message);
    place.is_twin = is_twin;
    if (place.entry == kNoEntry) return std::nullopt;
    return place.entry;
  }

  // It has come, and was delivered before: it may be one that has its place here.
  void came_again(const Fingerprint& message) {
    Place& place = at(message);
    if (place.low != message.low) place = {message.low, kNoEntry, false};
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
