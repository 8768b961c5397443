// UTF-8 (RFC 3629): is this text valid, and how to show the start of it to a human. Knows nothing
// of JSON's escapes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace event_consumer {

// What some editors and publishers put before a text, where nobody sees it.
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// The offset of the first byte that does not belong to a valid, complete UTF-8 sequence (surrogates
// and overlong forms are invalid), or npos when there is none. A NUL byte is valid.
std::size_t find_invalid_utf8(std::string_view text);

// At most the first 64 bytes of `text`, cut between characters and followed by «…» when something
// was cut off. Control characters (C0, DEL, C1) become \uXXXX: the result goes to logs and
// terminals. A text that is not valid UTF-8 is shown as printable() does (text.h).
std::string excerpt(std::string_view text);

// Appends the UTF-8 of a Unicode scalar value: at most 10FFFF, no surrogate.
void append_utf8(std::uint32_t codepoint, std::string& out);

}  // namespace event_consumer
