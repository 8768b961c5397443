// Names and texts on their way into SQL (ClickHouse's syntax of identifiers and string literals),
// and out of the TabSeparated format.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace event_consumer {

// The name between backquotes, with what is special inside escaped.
std::string quote_identifier(std::string_view name);

// The text between single quotes, with what is special inside escaped.
std::string quote_string(std::string_view text);

// Undoes the escapes of the TabSeparated format in one field.
std::string unescape_tsv(std::string_view field);

// The rows of an answer in the TabSeparated format, each ended by a line feed alone. The user's
// profile may have added a carriage return to each, and extremes behind an empty line.
std::string tsv_rows(std::string_view answer);

// The fields of one line of the TabSeparated format, without their escapes.
std::vector<std::string> split_tsv(const std::string& line);

}  // namespace event_consumer
