#include "worker/encode/enum_values.h"

#include <charconv>
#include <system_error>

#include "worker/encode/type_arguments.h"

namespace event_consumer {
namespace {

bool take(std::string_view expected, std::string_view& text) {
  if (text.substr(0, expected.size()) != expected) return false;
  text.remove_prefix(expected.size());
  return true;
}

// A name in single quotes.
bool take_name(std::string_view& text, std::string& name) {
  if (!take("'", text)) return false;
  while (!text.empty()) {
    char c = text.front();
    text.remove_prefix(1);
    if (c == '\'') return true;
    if (c == '\\') {
      if (text.empty()) return false;
      c = unescaped(text.front());
      text.remove_prefix(1);
    }
    name += c;
  }
  return false;
}

bool take_number(std::string_view& text, int& number) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
  return true;
}

}  // namespace

std::optional<EnumValues> EnumValues::parse(std::string_view declaration, int lowest, int highest) {
  EnumValues values;
  do {
    std::string name;
    int number = 0;
    if (!take_name(declaration, name) || !take(" = ", declaration) ||
        !take_number(declaration, number) || number < lowest || number > highest) {
      return std::nullopt;
    }
    const auto stored = static_cast<std::int16_t>(number);
    if (values.by_name_.empty()) values.first_ = stored;
    values.by_name_.emplace(std::move(name), stored);
    values.numbers_.insert(stored);
  } while (take(", ", declaration));
  if (!declaration.empty()) return std::nullopt;
  return values;
}

std::optional<std::int16_t> EnumValues::find(const JsonValue& value) const {
  const bool is_string = value.kind == JsonValue::Kind::kString;
  if (!is_string && value.kind != JsonValue::Kind::kNumber) return std::nullopt;
  if (is_string) {
    if (const auto named = by_name_.find(value.text); named != by_name_.end()) {
      return named->second;
    }
  }
  std::string_view text = value.text;
  int number = 0;
  if (!take_number(text, number) || !text.empty() || number < INT16_MIN || number > INT16_MAX) {
    return std::nullopt;
  }
  const auto declared = numbers_.find(static_cast<std::int16_t>(number));
  if (declared == numbers_.end()) return std::nullopt;
  return *declared;
}

}  // namespace event_consumer
