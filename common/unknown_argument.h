// What to say of an argument that means nothing: a mistyped flag, command or word behind a flag.
#pragma once

#include <string>
#include <vector>

#include "common/option_parsers.h"

namespace event_consumer {

// A sentence about `argument`, which is none of `words` (flags with their dashes, commands): which
// of them was meant, or why there is no flag for a password. Repeats no password: neither what
// stands behind a «=» nor that of a URL.
std::string describe_unknown_argument(const std::string& argument,
                                      const std::vector<std::string>& words);

// Refuses a `word` that is the reason of no dead letter. With such a word every letter would be
// passed over, and it would look as if there were none.
ParseError refuse_unknown_reason(const std::string& word);

}  // namespace event_consumer
