// Writes one JSON value as one column's bytes, in the layout of ClickHouse's RowBinary
// (https://clickhouse.com/docs/interfaces/formats/RowBinary): one function per kind of type, each a
// row of the table in column_types.cc. The functions take the values that ClickHouse's JSONEachRow
// takes, but refuse a value that does not fit, where ClickHouse wraps or clamps it. Absent and null
// values, NULL and the byte before a Nullable are the caller's business.
#pragma once

#include <cstdint>
#include <string_view>

#include "worker/encode/json_value.h"
#include "worker/encode/row_buffer.h"

namespace event_consumer {

struct ColumnType;

enum class Fit {
  kFits,        // written
  kBadValue,    // none of the type's values; nothing written
  kOutOfRange,  // the right kind of value, beyond what the type holds; nothing written
  kTooLarge,    // the row went beyond its limit (row_buffer.h); nothing written
};

// Appends `value`, which is not absent and not null, to `row`.
using Writer = Fit (*)(const JsonValue& value, const ColumnType& type, RowBuffer& row);

// LEB128 length and the bytes. A value of another kind is stored as its text in the body.
Fit write_string(const JsonValue& value, const ColumnType& type, RowBuffer& row);

// The bytes of a string, and NUL bytes up to the type's length.
Fit write_fixed_string(const JsonValue& value, const ColumnType& type, RowBuffer& row);

// A byte 0 or 1. Takes true, false, 1 and 0, none of them quoted.
Fit write_bool(const JsonValue& value, const ColumnType& type, RowBuffer& row);

// The same within a Variant, where 1 and 0 are numbers.
Fit write_bool_word(const JsonValue& value, const ColumnType& type, RowBuffer& row);

// An integer, little-endian. Takes integers without point and exponent, quoted or not, and true and
// false as 1 and 0. Exists for the eight types std::int8_t to std::uint64_t.
template <typename Integer>
Fit write_integer(const JsonValue& value, const ColumnType& type, RowBuffer& row);

// The same for integers of 16 and 32 bytes.
template <int kBytes, bool kSigned>
Fit write_wide_integer(const JsonValue& value, const ColumnType& type, RowBuffer& row);

// A float or a double, little-endian. Takes numbers, quoted or not, quoted inf and nan, and true
// and false. What overflows the type, or underflows to zero, is out of range.
template <typename Float>
Fit write_float(const JsonValue& value, const ColumnType& type, RowBuffer& row);

// The upper half of a float, little-endian; digits that it does not hold are dropped.
Fit write_bfloat16(const JsonValue& value, const ColumnType& type, RowBuffer& row);

// The number times 10^scale as a little-endian integer. Takes numbers, quoted or not, exactly;
// digits beyond the scale are dropped.
Fit write_decimal(const JsonValue& value, const ColumnType& type, RowBuffer& row);

// The same within a Variant, where a quoted number is taken only with an exponent: ClickHouse
// leaves others to the next type.
Fit write_variant_decimal(const JsonValue& value, const ColumnType& type, RowBuffer& row);

// Days since 1970-01-01 as UInt16 and as Int32, for Date32 from 1900-01-01 to 2299-12-31. Takes
// what parse_date takes (calendar.h) and, not quoted, the number of days.
Fit write_date(const JsonValue& value, const ColumnType& type, RowBuffer& row);
Fit write_date32(const JsonValue& value, const ColumnType& type, RowBuffer& row);

// Seconds since 1970 in UTC as UInt32, fractions dropped. A time without a zone is UTC, whatever
// the column's zone.
Fit write_date_time(const JsonValue& value, const ColumnType& type, RowBuffer& row);

// Ticks of 10^-precision seconds since 1970 in UTC as Int64, finer fractions rounded down. The
// range is that of ClickHouse's documentation, 1900-01-01 to 2299-12-31, and that of Int64: at
// precision 9 up to 2262-04-11 23:47:16.854775807.
Fit write_date_time64(const JsonValue& value, const ColumnType& type, RowBuffer& row);

// Seconds as Int32, and ticks of 10^-precision seconds as Int64, both up to 999:59:59 and down to
// the negative of it. Take `[-]H:MM:SS` with one to three digits for the hours, a Time64 also with
// a fraction, of which finer digits are dropped; a number that is not quoted counts seconds or
// ticks.
Fit write_time(const JsonValue& value, const ColumnType& type, RowBuffer& row);
Fit write_time64(const JsonValue& value, const ColumnType& type, RowBuffer& row);

// Whether write_date_time or write_date_time64 writes the type.
bool is_point_in_time(const ColumnType& type);

// The time that either has just written at the end of `rows`, in seconds since 1970.
double read_written_time(const ColumnType& type, std::string_view rows);

// Two little-endian UInt64, the first digits in the first. Takes 32 hexadecimal digits, with
// dashes after the 8th, 12th, 16th and 20th or without any.
Fit write_uuid(const JsonValue& value, const ColumnType& type, RowBuffer& row);

// A little-endian UInt32. Takes four decimal numbers; zeros before them change nothing.
Fit write_ipv4(const JsonValue& value, const ColumnType& type, RowBuffer& row);

// The 16 bytes in network order. Takes the text forms of RFC 4291, section 2.2, and IPv4 addresses,
// which become ::ffff:a.b.c.d.
Fit write_ipv6(const JsonValue& value, const ColumnType& type, RowBuffer& row);

// The number of a declared value, as std::int8_t or std::int16_t.
template <typename Integer>
Fit write_enum(const JsonValue& value, const ColumnType& type, RowBuffer& row);

// Of a type with elements. An element that is null is NULL or the empty value of its type. Each
// ends with kTooLarge at the element that takes the row beyond its limit: a short body can be a
// million elements of a kilobyte.

// LEB128 count and the elements of an array.
Fit write_array(const JsonValue& value, const ColumnType& type, RowBuffer& row);

// LEB128 count, and key and value in turn. Takes an object; a key is taken as a quoted value, and
// one that comes twice is stored twice.
Fit write_map(const JsonValue& value, const ColumnType& type, RowBuffer& row);

// The elements one after the other. Takes an array of all elements where they have no names, else
// an object: a key that it has not is the empty value, one that is no element's is skipped, and one
// that comes twice is a bad value.
Fit write_tuple(const JsonValue& value, const ColumnType& type, RowBuffer& row);

// The number of the type among the Variant's, which ClickHouse sorts by their names, and the value.
// The first type counts that takes the value, in the order that ClickHouse tries them in.
Fit write_variant(const JsonValue& value, const ColumnType& type, RowBuffer& row);

// The code of the type that the value has in JSON (Bool, Int64, UInt64, Float64 or String) and the
// value; an array or an object is a String of its text.
Fit write_dynamic(const JsonValue& value, const ColumnType& type, RowBuffer& row);

// The text of an object, as a String: a server reads it so with
// input_format_binary_read_json_as_string.
Fit write_json(const JsonValue& value, const ColumnType& type, RowBuffer& row);

}  // namespace event_consumer
