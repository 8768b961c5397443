// Parsers of option texts. Each returns nothing on success, else what is wrong: half a sentence
// that follows the option's name and the text given.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace event_consumer {

using ParseError = std::optional<std::string>;

// Decimal digits only: no sign, no space, no other base.
ParseError parse_whole_number(const std::string& text, long lowest, long highest, long& number);

// The number of a port, from 1 on.
ParseError parse_port(const std::string& text, int& port);

// Bytes: a whole number, optionally followed by KiB, MiB or GiB.
ParseError parse_size(const std::string& text, std::size_t lowest, std::size_t highest,
                      std::size_t& bytes);

// Seconds, with a fraction if need be («0.25»).
ParseError parse_seconds(const std::string& text, std::chrono::milliseconds lowest,
                         std::chrono::milliseconds highest, std::chrono::milliseconds& duration);

// «on», «true», «yes» or «1»; «off», «false», «no» or «0»; in any case.
ParseError parse_switch(const std::string& text, bool& on);

// A name that must not be empty.
ParseError parse_name(const std::string& text, std::string& name);

// A text without a line break in it.
ParseError expect_one_line(const std::string& text);

// Names separated by commas, blanks around them ignored; the empty text is no name at all.
std::vector<std::string> parse_list(const std::string& text);

}  // namespace event_consumer
