// An unsigned number as ClickHouse's formats write lengths and counts: LEB128, seven bits a byte,
// the lowest first, and the high bit set in all bytes but the last.
#pragma once

#include <cstddef>
#include <string_view>

namespace event_consumer {

class Leb128 {
 public:
  explicit Leb128(std::size_t number) {
    for (; number >= 0x80; number >>= 7) bytes_[size_++] = static_cast<char>(number | 0x80);
    bytes_[size_++] = static_cast<char>(number);
  }

  // Valid as long as this object.
  std::string_view view() const { return {bytes_, size_}; }

 private:
  char bytes_[10];  // of 64 bits
  std::size_t size_ = 0;
};

}  // namespace event_consumer
