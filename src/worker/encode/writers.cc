#include "worker/encode/writers.h"

#include <string_view>

#include "worker/encode/column_types.h"
#include "worker/encode/enum_values.h"
#include "worker/encode/leb128.h"
#include "worker/encode/little_endian.h"

namespace event_consumer {
namespace {

using Kind = JsonValue::Kind;

}  // namespace

Fit write_string(const JsonValue& value, const ColumnType&, RowBuffer& row) {
  row.append(Leb128(value.text.size()).view());
  row.append(value.text);
  return Fit::kFits;
}

Fit write_fixed_string(const JsonValue& value, const ColumnType& type, RowBuffer& row) {
  if (value.kind != Kind::kString) return Fit::kBadValue;
  if (value.text.size() > type.length) return Fit::kOutOfRange;
  row.append(value.text);
  row.append(type.length - value.text.size(), '\0');
  return Fit::kFits;
}

Fit write_bool(const JsonValue& value, const ColumnType&, RowBuffer& row) {
  const bool is_plain = value.kind == Kind::kBool || value.kind == Kind::kNumber;
  const bool is_true = value.text == "true" || value.text == "1";
  if (!is_plain || !(is_true || value.text == "false" || value.text == "0")) return Fit::kBadValue;
  row.push_back(is_true ? '\1' : '\0');
  return Fit::kFits;
}

Fit write_bool_word(const JsonValue& value, const ColumnType& type, RowBuffer& row) {
  return value.kind == Kind::kBool ? write_bool(value, type, row) : Fit::kBadValue;
}

template <typename Integer>
Fit write_enum(const JsonValue& value, const ColumnType& type, RowBuffer& row) {
  const auto number = type.values->find(value);
  if (!number) return Fit::kBadValue;
  append_little_endian(static_cast<Integer>(*number), row);
  return Fit::kFits;
}
template Fit write_enum<std::int8_t>(const JsonValue&, const ColumnType&, RowBuffer&);
template Fit write_enum<std::int16_t>(const JsonValue&, const ColumnType&, RowBuffer&);

}  // namespace event_consumer
