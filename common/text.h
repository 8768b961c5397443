// Texts of strangers (bodies, headers, messages of servers): what is in them, and their way to a
// terminal or into JSON. Whatever bytes they hold, what is made of them is valid UTF-8 in one line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace event_consumer {

bool contains(std::string_view text, std::string_view part);
bool starts_with(std::string_view text, std::string_view start);
bool ends_with(std::string_view text, std::string_view end);

// The words with «, » between them.
std::string joined(const std::vector<std::string>& words);
bool contains(const std::vector<std::string>& words, std::string_view word);

// In quotes where a blank begins or ends it, which nobody would see.
std::string visible(const std::string& name);

// The text with the letters A to Z in lower case; all other bytes stay.
std::string to_lower(std::string_view text);

// `text` without the line break at its end, if there is one.
std::string_view without_line_break(std::string_view text);

// For people: control characters and bytes that are not UTF-8 become \xNN, and beyond about
// `most_bytes` the text is cut and «…» stands for the rest.
std::string printable(std::string_view text, std::size_t most_bytes);

// A string of JSON (RFC 8259) with its quotes; bytes that are not UTF-8 become U+FFFD.
std::string json_string(std::string_view text);

// RFC 4648, section 4.
std::string base64(std::string_view bytes);

}  // namespace event_consumer
