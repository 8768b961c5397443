// libFuzzer target: any body, of one event or several, into a table that has a column of every
// type. A rejected body leaves the rows as they were and is described in valid UTF-8. No row goes
// beyond the limit, and the groups of rows are all that was appended.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>

#include "common/utf8.h"
#include "worker/encode/row_encoder.h"

using namespace event_consumer;

namespace {

// Named by a character each, from a.
constexpr const char* kTypes[] = {"String",
                                  "FixedString(4)",
                                  "Bool",
                                  "UInt8",
                                  "Int64",
                                  "UInt128",
                                  "Int256",
                                  "Float32",
                                  "Float64",
                                  "Decimal(9, 2)",
                                  "Decimal(76, 30)",
                                  "Date",
                                  "Date32",
                                  "DateTime",
                                  "DateTime64(9)",
                                  "UUID",
                                  "IPv4",
                                  "IPv6",
                                  "Enum8('a' = 1, '\\'' = -2)",
                                  "Array(Nullable(String))",
                                  "Array(Array(Int16))",
                                  "Nullable(DateTime64(3))",
                                  "LowCardinality(Nullable(String))",
                                  "Array(UUID)",
                                  "Array(FixedString(1000))",
                                  "Map(String, Nullable(UInt8))",
                                  "Tuple(a UInt8, b Array(FixedString(1000)))",
                                  "Array(Variant(Map(UInt8, String), String, UInt64))",
                                  "Time64(3)",
                                  "Dynamic",
                                  "Polygon"};

RowEncoder make(RowFormat format) {
  std::vector<Column> columns;
  std::string name = "a";
  for (const char* const type : kTypes) {
    columns.push_back({name, *parse_column_type(type), name.front() % 3 == 0});
    ++name.front();
  }
  return std::move(*RowEncoder::create(std::move(columns), {}, format));
}

void check(RowEncoder& encoder, std::string_view body) {
  constexpr std::string_view kBefore = "rows before";
  constexpr std::size_t kLimit = 8000;
  RowBuffer rows;
  rows.append(kBefore);
  rows.set_limit(kLimit);
  const auto rejection = encoder.encode(body, rows);
  if (rows.view().substr(0, kBefore.size()) != kBefore) std::abort();
  if (rows.size() > kLimit) std::abort();
  std::size_t bytes = kBefore.size();
  for (const RowEncoder::Group& group : encoder.groups()) bytes += group.bytes;
  if (!rejection && bytes != rows.size()) std::abort();
  if (!rejection) return;
  if (rows.view() != kBefore || find_invalid_utf8(rejection->error) != std::string::npos)
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static RowEncoder plain = make(RowFormat::kRowBinary);
  static RowEncoder with_defaults = make(RowFormat::kRowBinaryWithDefaults);
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  check(plain, body);
  check(with_defaults, body);
  return 0;
}
