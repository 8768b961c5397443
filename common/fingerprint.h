// Fingerprint: 128 bits that stand for the body of a delivery, so that it is known again when it
// comes back to another process.
#pragma once

#include <cstdint>

namespace event_consumer {

struct Fingerprint {
  std::uint64_t high;
  std::uint64_t low;

  bool operator==(const Fingerprint& other) const { return high == other.high && low == other.low; }
};

}  // namespace event_consumer
