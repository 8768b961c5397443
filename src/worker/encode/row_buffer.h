// RowBuffer: where encoded rows are appended, one behind the other. A row that fails is cut off
// again; the rows before it never change. The bytes lie on the heap, which only this class knows;
// clear() keeps their memory for the next rows. Example:
//
//   const std::size_t start = rows.size();
//   if (!append_event(rows)) rows.truncate(start);
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace event_consumer {

class RowBuffer {
 public:
  void append(std::string_view bytes) { bytes_.append(bytes); }
  // Appends `count` times the same byte.
  void append(std::size_t count, char byte) { bytes_.append(count, byte); }
  void push_back(char byte) { bytes_.push_back(byte); }

  // Puts `bytes` before the byte at `position` (at most size()) and moves everything behind: for a
  // count that is known only when its elements are written.
  void insert(std::size_t position, std::string_view bytes) { bytes_.insert(position, bytes); }

  // Keeps the first `size` bytes (at most size()).
  void truncate(std::size_t size) { bytes_.resize(size); }
  void clear() { bytes_.clear(); }

  std::size_t size() const { return bytes_.size(); }
  // How many bytes there is memory for.
  std::size_t capacity() const { return bytes_.capacity(); }

  // All bytes; valid until the next change.
  std::string_view view() const { return bytes_; }

 private:
  std::string bytes_;
};

}  // namespace event_consumer
