// Writes one JSON value as one column's bytes, in the layout of ClickHouse's RowBinary
// (https://clickhouse.com/docs/interfaces/formats/RowBinary): one function per kind of type, each a
// row of the table in column_types.cc. What they take is what ClickHouse's JSONEachRow takes, but
// for values that do not fit: those it wraps or clamps, and these refuse. Absent and null values,
// NULL and the byte before a Nullable are none of their business.
#pragma once

#include <cstdint>
#include <string>

#include "worker/encode/json_value.h"

namespace event_consumer {

struct ColumnType;

enum class Fit {
  kFits,        // written
  kBadValue,    // none of the type's values; nothing written
  kOutOfRange,  // the right kind of value, beyond what the type holds; nothing written
};

// Appends `value`, which is not absent and not null, to `row`.
using Writer = Fit (*)(const JsonValue& value, const ColumnType& type, std::string& row);

// LEB128 length and the bytes. Numbers and booleans are stored as their text in the body.
Fit write_string(const JsonValue& value, const ColumnType& type, std::string& row);

// An integer, little-endian. Takes integers without point and exponent, quoted or not, and true and
// false as 1 and 0. Exists for the eight types std::int8_t to std::uint64_t.
template <typename Integer>
Fit write_integer(const JsonValue& value, const ColumnType& type, std::string& row);

// A double, little-endian. Takes numbers, quoted or not, quoted inf and nan, and true and false.
// What overflows a double, or underflows to zero, is out of range.
Fit write_float64(const JsonValue& value, const ColumnType& type, std::string& row);

// Seconds since 1970 in UTC as UInt32, fractions dropped. A time without a zone is UTC, whatever
// the column's zone.
Fit write_date_time(const JsonValue& value, const ColumnType& type, std::string& row);

// Ticks of 10^-precision seconds since 1970 in UTC as Int64, finer fractions rounded down. The
// range is that of ClickHouse's documentation, 1900-01-01 to 2299-12-31, and that of Int64: at
// precision 9 up to 2262-04-11 23:47:16.854775807.
Fit write_date_time64(const JsonValue& value, const ColumnType& type, std::string& row);

}  // namespace event_consumer
