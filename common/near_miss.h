// Near misses: which known word a mistyped one was most likely meant to be. Pure. For names (of
// variables, flags, commands, reasons) and never for values, which can be passwords.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace event_consumer {

// How many characters were left out, added, replaced or exchanged with their neighbour to make one
// word of the other (the optimal string alignment distance). Upper and lower case are the same.
std::size_t edit_distance(std::string_view first, std::string_view second);

// The word of `known` that is nearest to `word`, the first of several; empty when none is near.
// Near is a distance of at most two, and of less than a third of the length of `word`.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

// The end of a sentence about `word`, «: did you mean NEAREST?»; empty when none is near, or
// `word` itself is known.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

}  // namespace event_consumer
