// The byte order of RowBinary and of the eight-bytes-at-a-time scans, on any machine.
#pragma once

#include <cstdint>

namespace event_consumer {

// `word` with its lowest byte first in memory; its own inverse.
inline std::uint64_t little_endian(std::uint64_t word) {
  return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? word : __builtin_bswap64(word);
}

}  // namespace event_consumer
