// Reads a short text from its front, one character or a few digits at a time. Knows no format.
#pragma once

#include <cstdint>
#include <string_view>

namespace event_consumer {

// Every take returns false, and may have consumed, when the text does not go on like that.
class TextCursor {
 public:
  explicit TextCursor(std::string_view text) : at_(text.data()), end_(at_ + text.size()) {}

  bool done() const { return at_ == end_; }
  bool is_digit() const { return !done() && *at_ >= '0' && *at_ <= '9'; }
  bool is_letter() const {
    return ('a' <= peek() && peek() <= 'z') || ('A' <= peek() && peek() <= 'Z');
  }
  // The next character, or NUL at the end.
  char peek() const { return done() ? '\0' : *at_; }
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

  // All digits, or letters from A to Z, that come next, be they none.
  std::string_view take_digit_run() { return take_run(&TextCursor::is_digit); }
  std::string_view take_letters() { return take_run(&TextCursor::is_letter); }

  // The digits after a decimal point, one or more, as nanoseconds; those beyond the ninth are
  // dropped.
  bool take_fraction(std::int32_t& nanoseconds) {
    if (!is_digit()) return false;
    nanoseconds = 0;
    for (std::int32_t unit = 100'000'000; is_digit(); unit /= 10)
      nanoseconds += take_digit() * unit;
    return true;
  }

 private:
  std::string_view take_run(bool (TextCursor::*goes_on)() const) {
    const char* const start = at_;
    while ((this->*goes_on)()) ++at_;
    return {start, static_cast<std::size_t>(at_ - start)};
  }

  const char* at_;
  const char* end_;
};

}  // namespace event_consumer
