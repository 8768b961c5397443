// The text RapidJSON reads: our own copy of an event's body, in which it unescapes the strings in
// place, so that none is copied twice. A model of RapidJSON's Stream concept (its manual, «Stream»)
// that knows nothing of RapidJSON itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include "worker/encode/little_endian.h"

namespace event_consumer {

// The number of plain characters at `from`: those before a quotation mark, a backslash or a control
// character, of which one must follow. Reads up to 7 bytes beyond that.
inline std::size_t plain_run(const char* from) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighBits = 0x80 * kOnes;
  for (const char* at = from;; at += kWord) {
    std::uint64_t word;
    std::memcpy(&word, at, kWord);
    word = little_endian(word);
    // The subtraction sets the high bit of each byte below a bound, eight bytes at a time; a borrow
    // disturbs only bytes after the first hit.
    const std::uint64_t quote = word ^ ('"' * kOnes);
    const std::uint64_t backslash = word ^ ('\\' * kOnes);
    const std::uint64_t hits = (((word - 0x20 * kOnes) & ~word) | ((quote - kOnes) & ~quote) |
                                ((backslash - kOnes) & ~backslash)) &
                               kHighBits;
    if (hits == 0) continue;
    return static_cast<std::size_t>(at - from) +
           static_cast<std::size_t>(__builtin_ctzll(hits)) / 8;
  }
}

class BodyStream {
 public:
  using Ch = char;

  // So many NUL bytes follow the body: RapidJSON stops at the first of them, wherever it was, and
  // plain_run() may look at them all.
  static constexpr std::size_t kPadding = sizeof(std::uint64_t);

  explicit BodyStream(char* body) : begin_(body), read_(body), write_(body) {}

  Ch Peek() const { return *read_; }
  Ch Take() { return *read_++; }
  std::size_t Tell() const { return static_cast<std::size_t>(read_ - begin_); }
  Ch* PutBegin() { return write_ = read_; }
  void Put(Ch c) { *write_++ = c; }
  std::size_t PutEnd(Ch* begin) { return static_cast<std::size_t>(write_ - begin); }

  // Take() and Put() for each of the plain characters that come next.
  void move_plain_run() {
    const std::size_t length = plain_run(read_);
    if (write_ != read_) std::memmove(write_, read_, length);
    read_ += length;
    write_ += length;
  }

  // To be called after a \uXXXX that is the second half of a surrogate pair without the first.
  void note_lone_surrogate() {
    constexpr std::size_t kEscapeLength = 6;
    if (!lone_surrogate_) lone_surrogate_ = Tell() - kEscapeLength;
  }

  // The offset of the first such escape, if there was one.
  std::optional<std::size_t> lone_surrogate() const { return lone_surrogate_; }

 private:
  char* begin_;
  char* read_;
  char* write_;
  std::optional<std::size_t> lone_surrogate_;
};

}  // namespace event_consumer
