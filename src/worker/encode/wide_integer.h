// An unsigned integer of 256 bits: just enough arithmetic to read decimal digits into the wide
// types of ClickHouse and to write them down. No general big number.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "worker/encode/little_endian.h"

namespace event_consumer {

class WideInteger {
 public:
  // Appends a decimal digit at the end; false, and the value is then meaningless, when it
  // overflows.
  bool append_digit(unsigned digit) {
    unsigned __int128 carry = digit;
    for (std::uint64_t& word : words_) {
      carry += static_cast<unsigned __int128>(word) * 10;
      word = static_cast<std::uint64_t>(carry);
      carry >>= 64;
    }
    return carry == 0;
  }

  // The two's complement.
  void negate() {
    bool carry = true;
    for (std::uint64_t& word : words_) {
      word = ~word + (carry ? 1 : 0);
      carry = carry && word == 0;
    }
  }

  bool is_zero() const { return words_ == std::array<std::uint64_t, 4>{}; }

  // Whether the value is below 2^(8 × bytes); `bytes` is 8, 16 or 32.
  bool fits(std::size_t bytes) const {
    for (std::size_t i = bytes / sizeof(std::uint64_t); i < words_.size(); ++i) {
      if (words_[i] != 0) return false;
    }
    return true;
  }

  // The sign of a two's complement of `bytes` bytes: 8, 16 or 32.
  bool sign_bit(std::size_t bytes) const {
    return (words_[bytes / sizeof(std::uint64_t) - 1] >> 63) != 0;
  }

  unsigned __int128 low_128() const {
    return (static_cast<unsigned __int128>(words_[1]) << 64) | words_[0];
  }

  // Its lowest `bytes` bytes, at most 32, the lowest first.
  void append_little_endian(std::size_t bytes, RowBuffer& row) const {
    std::array<std::uint64_t, 4> words = words_;
    for (std::uint64_t& word : words) word = little_endian(word);
    row.append({reinterpret_cast<const char*>(words.data()), bytes});
  }

 private:
  std::array<std::uint64_t, 4> words_{};  // the lowest first
};

}  // namespace event_consumer
