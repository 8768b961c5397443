#include <algorithm>
#include <string_view>
#include <vector>

#include "worker/encode/column_types.h"
#include "worker/encode/json_compound.h"
#include "worker/encode/leb128.h"
#include "worker/encode/writers.h"

namespace event_consumer {
namespace {

using Kind = JsonValue::Kind;

bool is_array(const JsonValue& value) {
  return value.kind == Kind::kCompound && value.text.front() == '[';
}
bool is_object(const JsonValue& value) {
  return value.kind == Kind::kCompound && value.text.front() == '{';
}

Fit write_element(const JsonValue& element, const ColumnType& type, RowBuffer& row) {
  Fit fit = Fit::kFits;
  if (element.is_empty()) {
    row.append(type.empty);
  } else {
    if (type.nullable) row.push_back('\0');
    fit = type.write(element, type, row);
  }
  return fit == Fit::kFits && row.is_over_limit() ? Fit::kTooLarge : fit;
}

// Cuts off what was written from `start` on, unless it fits.
Fit keep_if_fits(Fit fit, std::size_t start, RowBuffer& row) {
  if (fit != Fit::kFits) row.truncate(start);
  return fit;
}

Fit write_counted(const JsonValue& value, const ColumnType* types, std::size_t in_turn,
                  RowBuffer& row) {
  const std::size_t start = row.size();
  JsonCompound items(value.text);
  std::size_t count = 0;
  for (; const auto item = items.next(); ++count) {
    const Fit fit = write_element(*item, types[count % in_turn], row);
    if (fit != Fit::kFits) return keep_if_fits(fit, start, row);
  }
  row.insert(start, Leb128(count / in_turn).view());
  return Fit::kFits;
}

Fit write_by_place(const JsonValue& value, const ColumnType& type, RowBuffer& row) {
  JsonCompound items(value.text);
  for (const ColumnType& element : type.elements) {
    const auto item = items.next();
    const Fit fit = item ? write_element(*item, element, row) : Fit::kBadValue;
    if (fit != Fit::kFits) return fit;
  }
  return items.next() ? Fit::kBadValue : Fit::kFits;
}

Fit write_by_name(const JsonValue& value, const ColumnType& type, RowBuffer& row) {
  const std::vector<std::string>& names = type.element_names;
  std::vector<std::size_t> positions(names.size(), 0);  // of the values
  JsonCompound members(value.text);
  while (const auto key = members.next()) {
    const auto at = std::find(names.begin(), names.end(), key->text);
    if (at != names.end()) {
      std::size_t& position = positions[static_cast<std::size_t>(at - names.begin())];
      if (position != 0) return Fit::kBadValue;
      position = members.position();
    }
    members.next();
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    JsonValue member;
    JsonCompound there(value.text, positions[i]);
    if (positions[i] != 0) member = *there.next();
    const Fit fit = write_element(member, type.elements[i], row);
    if (fit != Fit::kFits) return fit;
  }
  return Fit::kFits;
}

}  // namespace

Fit write_array(const JsonValue& value, const ColumnType& type, RowBuffer& row) {
  if (!is_array(value)) return Fit::kBadValue;
  return write_counted(value, type.elements.data(), 1, row);
}

Fit write_map(const JsonValue& value, const ColumnType& type, RowBuffer& row) {
  if (!is_object(value)) return Fit::kBadValue;
  return write_counted(value, type.elements.data(), 2, row);
}

Fit write_tuple(const JsonValue& value, const ColumnType& type, RowBuffer& row) {
  const std::size_t start = row.size();
  if (type.element_names.empty())
    return is_array(value) ? keep_if_fits(write_by_place(value, type, row), start, row)
                           : Fit::kBadValue;
  return is_object(value) ? keep_if_fits(write_by_name(value, type, row), start, row)
                          : Fit::kBadValue;
}

Fit write_variant(const JsonValue& value, const ColumnType& type, RowBuffer& row) {
  const std::size_t start = row.size();
  for (const std::size_t number : type.order) {
    row.push_back(static_cast<char>(number));
    const Fit fit = write_element(value, type.elements[number], row);
    if (fit == Fit::kFits || fit == Fit::kTooLarge) return keep_if_fits(fit, start, row);
    row.truncate(start);
  }
  return Fit::kBadValue;
}

// The codes are those of ClickHouse's «Data types binary encoding».
Fit write_dynamic(const JsonValue& value, const ColumnType& type, RowBuffer& row) {
  constexpr char kUInt64 = 0x04, kInt64 = 0x0A, kFloat64 = 0x0E, kString = 0x15, kBool = 0x2D;
  const std::size_t start = row.size();
  const auto fits = [&](char code, Writer write) {
    row.push_back(code);
    return keep_if_fits(write(value, type, row), start, row) == Fit::kFits;
  };
  if (value.kind == Kind::kBool && fits(kBool, write_bool)) return Fit::kFits;
  if (value.kind == Kind::kNumber) {
    if (fits(kInt64, write_integer<std::int64_t>) || fits(kUInt64, write_integer<std::uint64_t>))
      return Fit::kFits;
    // An integer of more bits is a String.
    if (value.text.find_first_of(".eE") != std::string_view::npos)
      return fits(kFloat64, write_float<double>) ? Fit::kFits : Fit::kOutOfRange;
  }
  row.push_back(kString);
  return write_string(value, type, row);
}

Fit write_json(const JsonValue& value, const ColumnType& type, RowBuffer& row) {
  return is_object(value) ? write_string(value, type, row) : Fit::kBadValue;
}

}  // namespace event_consumer
