#include "worker/encode/json_compound.h"

#include <charconv>
#include <cstdint>

#include "common/utf8.h"

namespace event_consumer {
namespace {

using Kind = JsonValue::Kind;

// Where the string that begins at `at` ends: the place of its closing quotation mark.
std::size_t string_end(std::string_view text, std::size_t at) {
  for (++at; text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return at;
}

std::uint32_t take_code_unit(std::string_view& text) {
  std::uint32_t unit = 0;
  std::from_chars(text.data(), text.data() + 4, unit, 16);
  text.remove_prefix(4);
  return unit;
}

// The four digits of a \u, and the second half of a surrogate pair after them.
std::uint32_t take_codepoint(std::string_view& text) {
  const std::uint32_t first = take_code_unit(text);
  if (first < 0xD800 || first > 0xDBFF) return first;
  text.remove_prefix(2);
  return 0x10000 + ((first - 0xD800) << 10) + (take_code_unit(text) - 0xDC00);
}

void unescape(std::string_view text, std::string& out) {
  constexpr std::string_view kLetters = "bfnrt";
  constexpr std::string_view kMeanings = "\b\f\n\r\t";
  out.clear();
  while (!text.empty()) {
    const std::size_t plain = text.find('\\');
    out.append(text.substr(0, plain));
    if (plain == std::string_view::npos) return;
    const char escape = text[plain + 1];
    text.remove_prefix(plain + 2);
    const std::size_t letter = kLetters.find(escape);
    if (escape == 'u') {
      append_utf8(take_codepoint(text), out);
    } else {
      out.push_back(letter == std::string_view::npos ? escape : kMeanings[letter]);
    }
  }
}

}  // namespace

std::optional<JsonValue> JsonCompound::next() {
  at_ = text_.find_first_not_of(" \t\r\n,:", at_);
  switch (text_[at_]) {
    case ']':
    case '}':
      return std::nullopt;
    case '"':
      return take_string();
    case '[':
    case '{':
      return take_compound();
    default:
      return take_word();
  }
}

JsonValue JsonCompound::take_string() {
  const std::size_t end = string_end(text_, at_);
  const std::string_view text = text_.substr(at_ + 1, end - at_ - 1);
  at_ = end + 1;
  if (text.find('\\') == std::string_view::npos) return {Kind::kString, text};
  unescape(text, unescaped_);
  return {Kind::kString, unescaped_};
}

JsonValue JsonCompound::take_compound() {
  const std::size_t start = at_;
  int depth = 0;
  do {
    const char c = text_[at_];
    if (c == '"') at_ = string_end(text_, at_);
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    ++at_;
  } while (depth > 0);
  return {Kind::kCompound, text_.substr(start, at_ - start)};
}

JsonValue JsonCompound::take_word() {
  const std::size_t start = at_;
  at_ = text_.find_first_of(" \t\r\n,]}", at_);
  const std::string_view word = text_.substr(start, at_ - start);
  switch (word.front()) {
    case 'n':
      return {Kind::kNull, {}};
    case 't':
    case 'f':
      return {Kind::kBool, word};
    default:
      return {Kind::kNumber, word};
  }
}

}  // namespace event_consumer
