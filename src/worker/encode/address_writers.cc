#include <arpa/inet.h>

#include <array>
#include <cstring>
#include <optional>
#include <string_view>

#include "worker/encode/column_types.h"
#include "worker/encode/little_endian.h"
#include "worker/encode/text_cursor.h"
#include "worker/encode/writers.h"

namespace event_consumer {
namespace {

using Kind = JsonValue::Kind;

std::optional<unsigned> hexadecimal_digit(char digit) {
  if (digit >= '0' && digit <= '9') return static_cast<unsigned>(digit - '0');
  const char lower = static_cast<char>(digit | 0x20);
  if (lower >= 'a' && lower <= 'f') return static_cast<unsigned>(lower - 'a' + 10);
  return std::nullopt;
}

std::optional<std::uint32_t> parse_ipv4(std::string_view text) {
  TextCursor cursor(text);
  std::uint32_t address = 0;
  for (int part = 0; part < 4; ++part) {
    if (part > 0 && !cursor.take('.')) return std::nullopt;
    if (!cursor.is_digit()) return std::nullopt;
    std::uint32_t number = 0;
    while (cursor.is_digit() && number <= 255) {
      number = number * 10 + static_cast<std::uint32_t>(cursor.take_digit());
    }
    if (number > 255) return std::nullopt;
    address = address << 8 | number;
  }
  if (!cursor.done()) return std::nullopt;
  return address;
}

}  // namespace

Fit write_uuid(const JsonValue& value, const ColumnType&, RowBuffer& row) {
  constexpr std::size_t kDigits = 32;
  constexpr std::size_t kDashes = 4;
  const std::string_view text = value.text;
  const bool dashes = text.size() == kDigits + kDashes;
  if (value.kind != Kind::kString || (text.size() != kDigits && !dashes)) return Fit::kBadValue;
  std::array<std::uint64_t, 2> halves{};
  for (std::size_t i = 0, digits = 0; i < text.size(); ++i) {
    if (dashes && (i == 8 || i == 13 || i == 18 || i == 23)) {
      if (text[i] != '-') return Fit::kBadValue;
      continue;
    }
    const auto digit = hexadecimal_digit(text[i]);
    if (!digit) return Fit::kBadValue;
    std::uint64_t& half = halves[digits++ / 16];
    half = half << 4 | *digit;
  }
  append_little_endian(halves[0], row);
  append_little_endian(halves[1], row);
  return Fit::kFits;
}

Fit write_ipv4(const JsonValue& value, const ColumnType&, RowBuffer& row) {
  if (value.kind != Kind::kString) return Fit::kBadValue;
  const auto address = parse_ipv4(value.text);
  if (!address) return Fit::kBadValue;
  append_little_endian(*address, row);
  return Fit::kFits;
}

Fit write_ipv6(const JsonValue& value, const ColumnType&, RowBuffer& row) {
  if (value.kind != Kind::kString) return Fit::kBadValue;
  in6_addr address{};
  if (const auto mapped = parse_ipv4(value.text)) {
    address.s6_addr[10] = address.s6_addr[11] = 0xFF;
    for (int i = 0; i < 4; ++i) {
      address.s6_addr[12 + i] = static_cast<std::uint8_t>(*mapped >> (24 - 8 * i));
    }
  } else {
    char text[INET6_ADDRSTRLEN] = {};  // inet_pton wants a terminator
    if (value.text.size() >= sizeof text) return Fit::kBadValue;
    std::memcpy(text, value.text.data(), value.text.size());
    // A NUL byte in the text would end it early.
    if (std::strlen(text) != value.text.size() || inet_pton(AF_INET6, text, &address) != 1) {
      return Fit::kBadValue;
    }
  }
  row.append({reinterpret_cast<const char*>(address.s6_addr), sizeof address.s6_addr});
  return Fit::kFits;
}

}  // namespace event_consumer
