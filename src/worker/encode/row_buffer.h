// RowBuffer: where encoded rows are appended, one behind the other. A row that fails is cut off
// again; the rows before it never change. A row that grows beyond the limit is known as such while
// it grows. The bytes lie on the heap, which only this class knows; clear() keeps their memory for
// the next rows. Example:
//
//   const std::size_t start = rows.size();
//   if (!append_event(rows)) rows.truncate(start);
#pragma once

#include <cstddef>
#include <limits>
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

  // How many bytes there should be at most. Appending goes on beyond it: whoever appends many
  // values asks is_over_limit() after each, and gives up.
  void set_limit(std::size_t size) { limit_ = size; }
  bool is_over_limit() const { return size() > limit_; }

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
  std::size_t limit_ = std::numeric_limits<std::size_t>::max();
};

}  // namespace event_consumer
