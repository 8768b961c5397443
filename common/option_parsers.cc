#include "common/option_parsers.h"

#include <strings.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <string_view>

namespace event_consumer {
namespace {

constexpr std::string_view kBlanks = " \t";

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

bool only_of(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

// Seconds as they are written: without a fraction where there is none.
std::string in_seconds(std::chrono::milliseconds duration) {
  std::string text = std::to_string(duration.count() / 1000);
  const auto rest = duration.count() % 1000;
  if (rest == 0) return text;
  std::string fraction = std::to_string(1000 + rest).substr(1);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return text + "." + fraction;
}

}  // namespace

ParseError parse_whole_number(const std::string& text, long lowest, long highest, long& number) {
  const auto wrong =
      "expected a whole number from " + std::to_string(lowest) + " to " + std::to_string(highest);
  if (!only_of(text, "0123456789")) return wrong;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc{} || number < lowest || number > highest) return wrong;
  return std::nullopt;
}

ParseError parse_port(const std::string& text, int& port) {
  long number = 0;
  auto error = parse_whole_number(text, 1, 65535, number);
  if (!error) port = static_cast<int>(number);
  return error;
}

ParseError parse_size(const std::string& text, std::size_t lowest, std::size_t highest,
                      std::size_t& bytes) {
  const auto wrong = "expected a size from " + std::to_string(lowest) + " to " +
                     std::to_string(highest) + " bytes, such as 8388608, 8192KiB or 8MiB";
  const auto digits_end = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string unit = text.substr(digits_end);
  std::size_t factor = 1;
  if (unit == "KiB")
    factor = 1024;
  else if (unit == "MiB")
    factor = 1024 * 1024;
  else if (unit == "GiB")
    factor = 1024 * 1024 * 1024;
  else if (!unit.empty())
    return wrong;
  long number = 0;
  if (parse_whole_number(text.substr(0, digits_end), 0, static_cast<long>(highest / factor),
                         number))
    return wrong;
  bytes = static_cast<std::size_t>(number) * factor;
  if (bytes < lowest) return wrong;
  return std::nullopt;
}

ParseError parse_seconds(const std::string& text, std::chrono::milliseconds lowest,
                         std::chrono::milliseconds highest, std::chrono::milliseconds& duration) {
  const auto wrong = "expected seconds from " + in_seconds(lowest) + " to " + in_seconds(highest);
  if (!only_of(text, "0123456789.")) return wrong;
  double seconds = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return wrong;
  if (seconds * 1000 > static_cast<double>(highest.count())) return wrong;
  duration = std::chrono::milliseconds(std::llround(seconds * 1000));
  if (duration < lowest) return wrong;
  return std::nullopt;
}

ParseError parse_switch(const std::string& text, bool& on) {
  const auto is_one_of = [&](std::initializer_list<const char*> words) {
    return std::any_of(words.begin(), words.end(),
                       [&](const char* word) { return strcasecmp(text.c_str(), word) == 0; });
  };
  on = is_one_of({"on", "true", "yes", "1"});
  if (!on && !is_one_of({"off", "false", "no", "0"})) return "expected on or off";
  return std::nullopt;
}

ParseError parse_name(const std::string& text, std::string& name) {
  if (text.empty()) return "must not be empty";
  name = text;
  return std::nullopt;
}

ParseError expect_one_line(const std::string& text) {
  if (text.find_first_of("\r\n") == std::string::npos) return std::nullopt;
  return "holds more than one line of text";
}

std::vector<std::string> parse_list(const std::string& text) {
  std::vector<std::string> names;
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto comma = std::min(rest.find(','), rest.size());
    const auto name = trim(rest.substr(0, comma));
    if (!name.empty()) names.emplace_back(name);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return names;
}

}  // namespace event_consumer
