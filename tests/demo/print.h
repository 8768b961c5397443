// How the demonstration writes to its terminal, or to a file in its place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace event_consumer::testing {

// True when standard output is a terminal.
bool is_terminal();

// The number with its digits in groups of three, filled with blanks to `width`.
std::string grouped(std::uint64_t number, std::size_t width = 0);

// A heading with an empty line above it.
void print_heading(const std::string& text);

// A line that takes the place of the one before on a terminal, and is a line of its own elsewhere.
void print_progress(const std::string& line);
void end_progress();

// Lines of «text<TAB>number», as ClickHouse answers, in two columns.
void print_counts(const std::string& tab_separated);

// Which bytes beyond ASCII a text holds, see printable.
enum class TextKind { kUtf8, kAnyBytes };

// The start of the text on one line, cut at about `max_bytes`; what would upset a terminal, and of
// kAnyBytes all that is not ASCII, appears as \xNN.
std::string printable(const std::string& text, TextKind kind, std::size_t max_bytes);

}  // namespace event_consumer::testing
