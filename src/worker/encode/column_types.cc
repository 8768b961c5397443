#include "worker/encode/column_types.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <system_error>
#include <tuple>
#include <utility>

#include "worker/encode/enum_values.h"
#include "worker/encode/little_endian.h"
#include "worker/encode/type_arguments.h"

namespace event_consumer {
namespace {

// Whether `arguments`, the text between a type's parentheses or nothing without them, can be its;
// files what the writer needs in `type`.
using ArgumentParser = bool (*)(std::optional<std::string_view> arguments, ColumnType& type);

bool takes_none(std::optional<std::string_view> arguments, ColumnType&) { return !arguments; }

bool is_time_zone(std::string_view argument) {
  return argument.size() > 2 && argument.front() == '\'' && argument.back() == '\'';
}

bool takes_time_zone(std::optional<std::string_view> arguments, ColumnType&) {
  return !arguments || is_time_zone(*arguments);
}

// A number from `lowest` to `highest` in decimal digits, taken off the front of `text`.
bool take_number(std::string_view& text, int lowest, int highest, int& number) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || number < lowest || number > highest) return false;
  text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
  return true;
}

// `6` or `6, 'Europe/Berlin'`; always there in what system.columns shows.
bool takes_precision(std::optional<std::string_view> arguments, ColumnType& type) {
  if (!arguments || !take_number(*arguments, 0, 9, type.precision)) return false;
  return arguments->empty() ||
         (arguments->substr(0, 2) == ", " && is_time_zone(arguments->substr(2)));
}

bool takes_length(std::optional<std::string_view> arguments, ColumnType& type) {
  constexpr int kLongest = 0xFFFFFF;  // as ClickHouse has it
  int length = 0;
  if (!arguments || !take_number(*arguments, 1, kLongest, length)) return false;
  type.length = static_cast<std::size_t>(length);
  type.empty.assign(type.length, '\0');
  return arguments->empty();
}

// What follows from the precision of a Decimal. Each has the next rank that takes twice the bytes.
void set_decimal_size(ColumnType& type) {
  const std::size_t size = decimal_bytes(type.precision);
  type.empty.assign(size, '\0');
  for (std::size_t shorter = 4; shorter < size; shorter *= 2) --type.priority.rank;
}

// The scale alone, of a type whose name gives the precision.
template <int kPrecision>
bool takes_scale(std::optional<std::string_view> arguments, ColumnType& type) {
  type.precision = kPrecision;
  set_decimal_size(type);
  return arguments && take_number(*arguments, 0, kPrecision, type.scale) && arguments->empty();
}

// `18, 4`.
bool takes_precision_and_scale(std::optional<std::string_view> arguments, ColumnType& type) {
  constexpr int kLargestPrecision = 76;
  if (!arguments || !take_number(*arguments, 1, kLargestPrecision, type.precision) ||
      arguments->substr(0, 2) != ", ") {
    return false;
  }
  arguments->remove_prefix(2);
  set_decimal_size(type);
  return take_number(*arguments, 0, type.precision, type.scale) && arguments->empty();
}

template <typename Integer>
bool takes_values(std::optional<std::string_view> arguments, ColumnType& type) {
  if (!arguments) return false;
  using Limits = std::numeric_limits<Integer>;
  auto values = EnumValues::parse(*arguments, Limits::min(), Limits::max());
  if (!values) return false;
  RowBuffer empty;
  append_little_endian(static_cast<Integer>(values->first()), empty);
  type.empty = empty.view();
  type.values = std::make_shared<const EnumValues>(std::move(*values));
  return true;
}

// The types of the arguments, with their names where `has_names` says that there may be such.
bool take_types(std::optional<std::string_view> arguments, bool has_names, ColumnType& type) {
  if (!arguments) return false;
  for (const std::string_view argument : split_arguments(*arguments)) {
    const auto [name, type_name] = has_names ? split_name(argument) : NamedType{"", argument};
    auto element = parse_column_type(type_name);
    if (!element) return false;
    if (!name.empty()) type.element_names.push_back(name);
    type.priority.depth = std::max(type.priority.depth, element->priority.depth + 1);
    type.priority.rank += element->priority.rank;
    type.priority.wrappers = std::max(type.priority.wrappers, element->priority.wrappers);
    type.elements.push_back(std::move(*element));
  }
  // Some named, some not: not as ClickHouse writes it.
  return !type.elements.empty() &&
         (type.element_names.empty() || type.element_names.size() == type.elements.size());
}

template <std::size_t kCount>
bool takes_elements(std::optional<std::string_view> arguments, ColumnType& type) {
  return take_types(arguments, /*has_names=*/false, type) && type.elements.size() == kCount;
}

bool takes_tuple(std::optional<std::string_view> arguments, ColumnType& type) {
  if (!take_types(arguments, /*has_names=*/true, type)) return false;
  for (const ColumnType& element : type.elements) type.empty += element.empty;
  return true;
}

// Of a Nested that is one column: an array of tuples.
bool takes_nested(std::optional<std::string_view> arguments, ColumnType& type) {
  if (!arguments) return false;
  const std::string tuple = "Tuple(" + std::string(*arguments) + ")";
  return take_types(tuple, /*has_names=*/false, type) &&
         !type.elements.front().element_names.empty();
}

// Within a Variant some types take less; a Bool from ClickHouse 26.9 on.
void leave_numbers_to_others(ColumnType& type) {
  if (type.write == write_bool) type.write = write_bool_word;
  if (type.write == write_decimal) type.write = write_variant_decimal;
  for (ColumnType& element : type.elements) leave_numbers_to_others(element);
}

bool takes_variants(std::optional<std::string_view> arguments, ColumnType& type) {
  if (!take_types(arguments, /*has_names=*/false, type)) return false;
  const auto priority = [&type](std::size_t i) {
    const TextPriority& of = type.elements[i].priority;
    return std::tuple(of.depth, of.rank, of.wrappers);
  };
  type.priority = {};
  for (std::size_t i = 0; i < type.elements.size(); ++i) {
    if (type.elements[i].nullable) return false;
    leave_numbers_to_others(type.elements[i]);
    type.order.push_back(i);
    const TextPriority& of = type.elements[i].priority;
    type.priority.depth = std::max(type.priority.depth, of.depth);
    type.priority.rank = std::max(type.priority.rank, of.rank);
    type.priority.wrappers = std::max(type.priority.wrappers, of.wrappers);
  }
  std::stable_sort(type.order.begin(), type.order.end(),
                   [&](std::size_t a, std::size_t b) { return priority(a) > priority(b); });
  type.empty = '\xff';
  return true;
}

bool takes_any(std::optional<std::string_view>, ColumnType&) { return true; }

// Whatever is said of its paths changes nothing here.
bool takes_paths(std::optional<std::string_view>, ColumnType& type) {
  type.empty = "\2{}";
  return true;
}

struct TypeRow {
  std::string_view name;
  ArgumentParser parse_arguments;
  Writer write;
  std::size_t empty_bytes;  // how many zeros are its empty value; 0: parse_arguments files it
  int rank = 0;             // TextPriority::rank, of a Decimal that of the shortest
};

constexpr TypeRow kTypes[] = {
    {"Array", takes_elements<1>, write_array, 1, 33},  // one zero: the count
    {"Nested", takes_nested, write_array, 1},
    {"Tuple", takes_tuple, write_tuple, 0, 32},
    {"Map", takes_elements<2>, write_map, 1, 31},
    {"Enum8", takes_values<std::int8_t>, write_enum<std::int8_t>, 0, 29},
    {"Enum16", takes_values<std::int16_t>, write_enum<std::int16_t>, 0, 28},
    {"UUID", takes_none, write_uuid, 16, 27},
    {"IPv4", takes_none, write_ipv4, 4, 26},
    {"IPv6", takes_none, write_ipv6, 16, 25},
    {"Bool", takes_none, write_bool, 1, 25},
    {"Int8", takes_none, write_integer<std::int8_t>, 1, 24},
    {"UInt8", takes_none, write_integer<std::uint8_t>, 1, 23},
    {"Int16", takes_none, write_integer<std::int16_t>, 2, 22},
    {"UInt16", takes_none, write_integer<std::uint16_t>, 2, 21},
    {"Int32", takes_none, write_integer<std::int32_t>, 4, 20},
    {"UInt32", takes_none, write_integer<std::uint32_t>, 4, 19},
    {"Int64", takes_none, write_integer<std::int64_t>, 8, 18},
    {"UInt64", takes_none, write_integer<std::uint64_t>, 8, 17},
    {"Int128", takes_none, write_wide_integer<16, true>, 16, 16},
    {"UInt128", takes_none, write_wide_integer<16, false>, 16, 15},
    {"Int256", takes_none, write_wide_integer<32, true>, 32, 14},
    {"UInt256", takes_none, write_wide_integer<32, false>, 32, 13},
    {"Decimal", takes_precision_and_scale, write_decimal, 0, 12},
    {"Decimal32", takes_scale<9>, write_decimal, 0, 12},
    {"Decimal64", takes_scale<18>, write_decimal, 0, 12},
    {"Decimal128", takes_scale<38>, write_decimal, 0, 12},
    {"Decimal256", takes_scale<76>, write_decimal, 0, 12},
    {"BFloat16", takes_none, write_bfloat16, 2},
    {"Float32", takes_none, write_float<float>, 4, 8},
    {"Float64", takes_none, write_float<double>, 8, 7},
    {"Date", takes_none, write_date, 2, 6},
    {"Date32", takes_none, write_date32, 4, 5},
    {"Time", takes_none, write_time, 4},
    {"DateTime", takes_time_zone, write_date_time, 4, 4},
    {"Time64", takes_precision, write_time64, 8},
    {"DateTime64", takes_precision, write_date_time64, 8, 3},
    {"FixedString", takes_length, write_fixed_string, 0, 2},
    {"String", takes_none, write_string, 1, 1},  // one zero: the length
    {"IntervalNanosecond", takes_none, write_integer<std::int64_t>, 8},
    {"IntervalMicrosecond", takes_none, write_integer<std::int64_t>, 8},
    {"IntervalMillisecond", takes_none, write_integer<std::int64_t>, 8},
    {"IntervalSecond", takes_none, write_integer<std::int64_t>, 8},
    {"IntervalMinute", takes_none, write_integer<std::int64_t>, 8},
    {"IntervalHour", takes_none, write_integer<std::int64_t>, 8},
    {"IntervalDay", takes_none, write_integer<std::int64_t>, 8},
    {"IntervalWeek", takes_none, write_integer<std::int64_t>, 8},
    {"IntervalMonth", takes_none, write_integer<std::int64_t>, 8},
    {"IntervalQuarter", takes_none, write_integer<std::int64_t>, 8},
    {"IntervalYear", takes_none, write_integer<std::int64_t>, 8},
    {"Variant", takes_variants, write_variant, 0},
    {"Dynamic", takes_any, write_dynamic, 1},  // one zero: no type
    {"JSON", takes_paths, write_json, 0},
};

// Types that are another name for one of these.
constexpr std::pair<std::string_view, std::string_view> kAliases[] = {
    {"Point", "Tuple(Float64, Float64)"},
    {"Ring", "Array(Point)"},
    {"LineString", "Array(Point)"},
    {"Polygon", "Array(Ring)"},
    {"MultiLineString", "Array(LineString)"},
    {"MultiPolygon", "Array(Polygon)"},
    {"Geometry", "Variant(LineString, MultiLineString, MultiPolygon, Point, Polygon, Ring)"},
};

// Takes `wrapper` and its parentheses off `name`, if they stand around it.
bool unwrap(std::string_view wrapper, std::string_view& name) {
  const bool stands_there = name.size() > wrapper.size() + 2 &&
                            name.substr(0, wrapper.size()) == wrapper &&
                            name[wrapper.size()] == '(' && name.back() == ')';
  if (stands_there) name = name.substr(wrapper.size() + 1, name.size() - wrapper.size() - 2);
  return stands_there;
}

// `sum, UInt64`: the type. A value that is written there is one of its type.
void unwrap_simple_aggregate(std::string_view& name) {
  if (!unwrap("SimpleAggregateFunction", name)) return;
  const auto arguments = split_arguments(name);
  if (arguments.size() == 2) name = arguments[1];
}

}  // namespace

Result<ColumnType> parse_column_type(std::string_view type_name) {
  ColumnType type;
  type.name = std::string(type_name);
  std::string_view inner = type_name;
  unwrap_simple_aggregate(inner);
  const bool low_cardinality = unwrap("LowCardinality", inner);
  type.nullable = unwrap("Nullable", inner);
  const int wrappers = (low_cardinality ? 1 : 0) + (type.nullable ? 1 : 0);
  for (const auto& [alias, meaning] : kAliases)
    if (inner == alias) inner = meaning;
  for (const TypeRow& row : kTypes) {
    std::string_view text = inner;
    std::optional<std::string_view> arguments;
    if (unwrap(row.name, text)) {
      arguments = text;
    } else if (text != row.name) {
      continue;
    }
    type.write = row.write;
    if (row.empty_bytes > 0) type.empty.assign(row.empty_bytes, '\0');
    type.priority.rank = row.rank;
    if (!row.parse_arguments(arguments, type)) break;
    const bool may_be_nullable = type.elements.empty() || type.write == write_tuple;
    if (low_cardinality ? !type.elements.empty() : type.nullable && !may_be_nullable) break;
    if (type.nullable) type.empty = '\1';
    type.priority.wrappers += wrappers;
    return type;
  }
  return Error{ErrorKind::kConfiguration,
               "columns of the type " + type.name + " cannot be written"};
}

}  // namespace event_consumer
