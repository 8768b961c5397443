// The arguments of a column type: the text between its parentheses, as ClickHouse writes it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace event_consumer {

// The parts between the commas that stand in no inner parentheses and in no quotes, without the
// space before each. Empty for a text with a parenthesis or quote that is not closed.
std::vector<std::string_view> split_arguments(std::string_view arguments);

// The character that ClickHouse means by this one behind a backslash: for some a letter stands.
char unescaped(char letter);

// Takes a name in quotation marks off the front of `text`; returns it without these and without
// backslashes. One that is not closed takes all of the text.
std::string take_quoted_name(std::string_view& text);

struct NamedType {
  std::string name;  // empty: there is none
  std::string_view type;
};

// An argument of a Tuple or Nested: `a UInt8`, `` `b c` UInt8 `` or `UInt8`.
NamedType split_name(std::string_view argument);

}  // namespace event_consumer
