// What text for a person needs of the terminal: how wide it is, and lines that fit it.
#pragma once

#include <cstddef>
#include <string>

namespace event_consumer {

// The columns of the terminal at standard output; 80 when it is none, or does not say.
std::size_t terminal_width();

// Its rows; 24 when it is none, or does not say.
std::size_t terminal_height();

// How many columns `text` takes, a character of UTF-8 each.
std::size_t width_of(const std::string& text);

// `text` in lines of at most `width` columns, broken at blanks; a longer word stays whole. Line
// breaks in it stay, and none is added at its end. Lines behind the first begin with `indent`
// blanks, which count; before the first, `used` columns are taken already.
std::string wrapped(const std::string& text, std::size_t width, std::size_t indent = 0,
                    std::size_t used = 0);

// The beginning of `text` in at most `width` columns, «…» at its end when something is left out.
std::string cut_to(const std::string& text, std::size_t width);

}  // namespace event_consumer
