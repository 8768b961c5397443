#include "common/utf8.h"

#include <cstdint>
#include <cstring>

#include "common/text.h"

namespace event_consumer {
namespace {

constexpr std::size_t kExcerptBytes = 64;

bool is_continuation(unsigned char byte) { return (byte & 0xC0) == 0x80; }

// The length of the multi-byte sequence at the start of `text`, 0 when it is invalid. The range of
// the second byte is what excludes overlong forms, surrogates and what lies beyond U+10FFFF.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead < 0xC2   ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  if (length == 0 || text.size() < length) return 0;
  const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < low || byte(1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (!is_continuation(byte(i))) return 0;
  }
  return length;
}

void append_escaped(std::string& out, unsigned char control) {
  constexpr char kHex[] = "0123456789abcdef";
  out += "\\u00";
  out += kHex[control >> 4];
  out += kHex[control & 0xF];
}

}  // namespace

std::size_t find_invalid_utf8(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  std::size_t at = 0;
  while (at < text.size()) {
    std::uint64_t word;
    if (text.size() - at >= sizeof word) {  // events are mostly ASCII: eight bytes at a time
      std::memcpy(&word, text.data() + at, sizeof word);
      if ((word & kHighBits) == 0) {
        at += sizeof word;
        continue;
      }
    }
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
      continue;
    }
    const std::size_t length = sequence_length(text.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return std::string_view::npos;
}

std::string excerpt(std::string_view text) {
  if (find_invalid_utf8(text) != std::string_view::npos) return printable(text, kExcerptBytes);
  std::size_t end = text.size();
  if (end > kExcerptBytes) {
    end = kExcerptBytes;
    while (end > 0 && is_continuation(static_cast<unsigned char>(text[end]))) --end;
  }
  std::string out;
  for (std::size_t i = 0; i < end; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) {
      append_escaped(out, byte);
    } else if (byte == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      append_escaped(out, static_cast<unsigned char>(text[++i]));
    } else {
      out += text[i];
    }
  }
  if (end < text.size()) out += "…";
  return out;
}

void append_utf8(std::uint32_t codepoint, std::string& out) {
  const auto continuation = [&out, codepoint](int shift) {
    out += static_cast<char>(0x80 | ((codepoint >> shift) & 0x3F));
  };
  if (codepoint < 0x80) {
    out += static_cast<char>(codepoint);
    return;
  }
  if (codepoint < 0x800) {
    out += static_cast<char>(0xC0 | (codepoint >> 6));
  } else if (codepoint < 0x10000) {
    out += static_cast<char>(0xE0 | (codepoint >> 12));
    continuation(6);
  } else {
    out += static_cast<char>(0xF0 | (codepoint >> 18));
    continuation(12);
    continuation(6);
  }
  continuation(0);
}

}  // namespace event_consumer
