// What the tests of the writers share: a value's bytes in a column, and those expected.
#pragma once

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>

#include "tests/support/catch.h"
#include "worker/encode/column_types.h"

namespace event_consumer::testing {

using Kind = JsonValue::Kind;

// The value's bytes in a column of this type; "bad" or "range" for one that does not fit. Checks
// that those write nothing.
inline std::string write(const char* type_name, Kind kind, std::string_view text) {
  const auto type = parse_column_type(type_name);
  REQUIRE(type.ok());
  RowBuffer row;
  row.append("before");
  const Fit fit = type.value().write({kind, text}, type.value(), row);
  REQUIRE(row.view().substr(0, 6) == "before");
  if (fit != Fit::kFits) REQUIRE(row.view() == "before");
  if (fit == Fit::kBadValue) return "bad";
  if (fit == Fit::kOutOfRange) return "range";
  return std::string(row.view().substr(6));
}

inline std::string number(const char* type, std::string_view text) {
  return write(type, Kind::kNumber, text);
}
inline std::string quoted(const char* type, std::string_view text) {
  return write(type, Kind::kString, text);
}

template <typename T>
std::string little_endian_bytes(T value) {
  std::string bytes(sizeof value, '\0');
  for (char& byte : bytes) {
    byte = static_cast<char>(value);
    value = static_cast<T>(sizeof value == 1 ? 0 : value >> 8);
  }
  return bytes;
}
inline std::string u32(std::uint32_t value) { return little_endian_bytes(value); }
inline std::string i64(std::int64_t value) { return little_endian_bytes(value); }
inline std::string u16(std::uint16_t value) { return little_endian_bytes(value); }
inline std::string i32(std::int32_t value) { return little_endian_bytes(value); }
inline std::string f32(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return little_endian_bytes(bits);
}
inline std::string f64(double value) {
  std::uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return little_endian_bytes(bits);
}

}  // namespace event_consumer::testing
