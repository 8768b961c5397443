#include "common/text.h"

#include <algorithm>

#include "common/utf8.h"

namespace event_consumer {
namespace {

constexpr char kHex[] = "0123456789abcdef";

bool is_control(unsigned char byte) { return byte < 0x20 || byte == 0x7F; }

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::string escaped(unsigned char byte) { return {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]}; }

// Appends valid UTF-8.
void append_printable(std::string& out, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // C1 control characters are C2 80 to C2 9F, and commands to some terminals.
    const bool is_c1 = byte == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (is_control(byte)) {
      out += escaped(byte);
    } else if (is_c1) {
      out += escaped(byte) + escaped(static_cast<unsigned char>(text[++i]));
    } else {
      out += text[i];
    }
  }
}

void append_json(std::string& out, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (is_control(byte)) {
      out += {'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      out += c;
    }
  }
}

// Gives the valid parts of `text` to `append`, and each byte between them to `append_invalid`.
template <typename Append, typename AppendInvalid>
void split(std::string_view text, const Append& append, const AppendInvalid& append_invalid) {
  while (!text.empty()) {
    const std::size_t invalid = std::min(find_invalid_utf8(text), text.size());
    append(text.substr(0, invalid));
    text.remove_prefix(invalid);
    if (text.empty()) return;
    append_invalid(static_cast<unsigned char>(text.front()));
    text.remove_prefix(1);
  }
}

}  // namespace

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : ", ") + word;
  return all;
}

bool contains(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string visible(const std::string& name) {
  const bool is_plain = name.empty() || (name.front() != ' ' && name.back() != ' ');
  return is_plain ? name : "'" + name + "'";
}

std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

std::string_view without_line_break(std::string_view text) {
  if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  return text;
}

std::string printable(std::string_view text, std::size_t most_bytes) {
  const bool cut = text.size() > most_bytes;
  if (cut) {
    std::size_t end = most_bytes;
    // Between two characters; in what is no UTF-8 anywhere.
    while (end > 0 && most_bytes - end < 3 && is_continuation(text[end])) --end;
    text = text.substr(0, end);
  }
  std::string out;
  split(
      text, [&](std::string_view valid) { append_printable(out, valid); },
      [&](unsigned char byte) { out += escaped(byte); });
  return cut ? out + "…" : out;
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  split(
      text, [&](std::string_view valid) { append_json(out, valid); },
      [&](unsigned char) { out += "\xEF\xBF\xBD"; });
  return out + "\"";
}

std::string base64(std::string_view bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    unsigned group = 0;
    for (std::size_t j = 0; j < 3; ++j)
      group = group << 8 | (j < count ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    for (std::size_t j = 0; j < 4; ++j)
      out += j <= count ? kDigits[group >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

}  // namespace event_consumer
