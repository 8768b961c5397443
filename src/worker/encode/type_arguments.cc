#include "worker/encode/type_arguments.h"

#include <algorithm>

namespace event_consumer {
namespace {

bool is_quote(char c) { return c == '\'' || c == '`'; }

// Behind the closing quotation mark of what is quoted from `at` on; npos without one.
std::size_t end_of_quoted(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\')
      ++at;
    else if (text[at] == quote)
      return at + 1;
  }
  return std::string_view::npos;
}

// Where the first `wanted` stands that is in no parentheses and in no quotes: the length of the
// text when there is none, npos when something is not closed.
std::size_t find_outside(std::string_view text, char wanted) {
  int depth = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == wanted && depth == 0) return at;
    if (c == '(') ++depth;
    if (c == ')') --depth;
    at = is_quote(c) ? end_of_quoted(text, at) : at + 1;
    if (at == std::string_view::npos) return at;
  }
  return depth == 0 ? text.size() : std::string_view::npos;
}

}  // namespace

std::vector<std::string_view> split_arguments(std::string_view arguments) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = find_outside(arguments, ',');
    if (end == std::string_view::npos) return {};
    parts.push_back(arguments.substr(0, end));
    if (end == arguments.size()) return parts;
    arguments.remove_prefix(end + 1);
    if (!arguments.empty() && arguments.front() == ' ') arguments.remove_prefix(1);
  }
}

char unescaped(char letter) {
  constexpr std::string_view kLetters = "bfnrt0";
  constexpr std::string_view kMeanings{"\b\f\n\r\t\0", 6};
  const std::size_t at = kLetters.find(letter);
  return at == std::string_view::npos ? letter : kMeanings[at];
}

std::string take_quoted_name(std::string_view& text) {
  std::string name;
  const char quote = text.front();
  std::size_t at = 1;
  for (; at < text.size() && text[at] != quote; ++at) {
    const bool is_escape = text[at] == '\\' && at + 1 < text.size();
    name.push_back(is_escape ? unescaped(text[++at]) : text[at]);
  }
  text.remove_prefix(std::min(at + 1, text.size()));
  return name;
}

NamedType split_name(std::string_view argument) {
  const std::size_t end = find_outside(argument, ' ');
  if (end >= argument.size()) return {"", argument};
  std::string_view name = argument.substr(0, end);
  const std::string_view type = argument.substr(end + 1);
  if (name.empty() || name.front() != '`') return {std::string(name), type};
  return {take_quoted_name(name), type};
}

}  // namespace event_consumer
