// Reads a short text from its front, one character or a few digits at a time. Knows no format.
#pragma once

#include <string_view>

namespace event_consumer {

// Every take returns false, and may have consumed, when the text does not go on like that.
class TextCursor {
 public:
  explicit TextCursor(std::string_view text) : at_(text.data()), end_(at_ + text.size()) {}

  bool done() const { return at_ == end_; }
  bool is_digit() const { return !done() && *at_ >= '0' && *at_ <= '9'; }
  // To be called where is_digit().
  int take_digit() { return *at_++ - '0'; }

  bool take(char expected) {
    if (done() || *at_ != expected) return false;
    ++at_;
    return true;
  }

  // Exactly `count` digits, few enough for an int.
  bool take_digits(int count, int& value) {
    value = 0;
    for (; count > 0; --count) {
      if (!is_digit()) return false;
      value = value * 10 + take_digit();
    }
    return true;
  }

 private:
  const char* at_;
  const char* end_;
};

}  // namespace event_consumer
