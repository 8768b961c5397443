// The byte order of RowBinary and of the eight-bytes-at-a-time scans, on any machine.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "worker/encode/row_buffer.h"

namespace event_consumer {

// `word` with its lowest byte first in memory; its own inverse.
inline std::uint64_t little_endian(std::uint64_t word) {
  return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? word : __builtin_bswap64(word);
}

// Appends an integer of at most eight bytes, the lowest first.
template <typename Integer>
void append_little_endian(Integer value, RowBuffer& row) {
  const std::uint64_t word = little_endian(static_cast<std::uint64_t>(value));
  row.append({reinterpret_cast<const char*>(&word), sizeof value});
}

// The integer at the end of `rows`: what was appended last.
template <typename Integer>
Integer read_last_little_endian(std::string_view rows) {
  std::uint64_t word = 0;
  std::memcpy(&word, rows.data() + rows.size() - sizeof(Integer), sizeof(Integer));
  return static_cast<Integer>(little_endian(word));
}

}  // namespace event_consumer
