// Where encoded rows are appended, one behind the other. A failed row is cut off again; nothing
// before it ever changes. Memory of the heap, kept by clear() for the next rows; whoever fills the
// buffer needs not know where the bytes lie. Example:
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

  // Puts `bytes` before the byte at `position`, which is at most size(): a length that is known
  // only when what it counts is written. Everything from there on moves.
  void insert(std::size_t position, std::string_view bytes) { bytes_.insert(position, bytes); }

  // Cuts off everything behind the first `size` bytes, of which there are at least so many.
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
