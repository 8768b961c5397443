#include "worker/encode/column_types.h"

#include <optional>

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

// `6` or `6, 'Europe/Berlin'`; always there in what DESCRIBE shows.
bool takes_precision(std::optional<std::string_view> arguments, ColumnType& type) {
  if (!arguments || arguments->empty()) return false;
  const char digit = arguments->front();
  if (digit < '0' || digit > '9') return false;
  type.precision = digit - '0';
  arguments->remove_prefix(1);
  return arguments->empty() ||
         (arguments->substr(0, 2) == ", " && is_time_zone(arguments->substr(2)));
}

struct TypeRow {
  std::string_view name;
  ArgumentParser parse_arguments;
  Writer write;
  int empty_bytes;  // how many zeros are its empty value
};

constexpr TypeRow kTypes[] = {
    {"String", takes_none, write_string, 1},  // one zero: the length
    {"UInt8", takes_none, write_integer<std::uint8_t>, 1},
    {"UInt16", takes_none, write_integer<std::uint16_t>, 2},
    {"UInt32", takes_none, write_integer<std::uint32_t>, 4},
    {"UInt64", takes_none, write_integer<std::uint64_t>, 8},
    {"Int8", takes_none, write_integer<std::int8_t>, 1},
    {"Int16", takes_none, write_integer<std::int16_t>, 2},
    {"Int32", takes_none, write_integer<std::int32_t>, 4},
    {"Int64", takes_none, write_integer<std::int64_t>, 8},
    {"Float64", takes_none, write_float64, 8},
    {"DateTime", takes_time_zone, write_date_time, 4},
    {"DateTime64", takes_precision, write_date_time64, 8},
};

// Takes `wrapper` and its parentheses off `name`, if they stand around it.
bool unwrap(std::string_view wrapper, std::string_view& name) {
  const bool stands_there = name.size() > wrapper.size() + 2 &&
                            name.substr(0, wrapper.size()) == wrapper &&
                            name[wrapper.size()] == '(' && name.back() == ')';
  if (stands_there) name = name.substr(wrapper.size() + 1, name.size() - wrapper.size() - 2);
  return stands_there;
}

}  // namespace

Result<ColumnType> parse_column_type(std::string_view type_name) {
  ColumnType type{};
  type.name = std::string(type_name);
  std::string_view inner = type_name;
  unwrap("LowCardinality", inner);
  type.nullable = unwrap("Nullable", inner);
  for (const TypeRow& row : kTypes) {
    std::string_view text = inner;
    std::optional<std::string_view> arguments;
    if (unwrap(row.name, text)) {
      arguments = text;
    } else if (text != row.name) {
      continue;
    }
    if (!row.parse_arguments(arguments, type)) break;
    type.write = row.write;
    type.empty = type.nullable ? std::string(1, '\1')
                               : std::string(static_cast<std::size_t>(row.empty_bytes), '\0');
    return type;
  }
  return Error{ExitCode::kConfiguration, "columns of the type " + type.name + " cannot be written"};
}

}  // namespace event_consumer
