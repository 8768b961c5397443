#include "worker/clickhouse/table_check.h"

#include <algorithm>
#include <utility>

namespace event_consumer {
namespace {

bool same(const std::vector<Column>& a, const std::vector<Column>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Column& x, const Column& y) {
    return x.name == y.name && x.type.name == y.type.name;
  });
}

TableOutcome failed(const Error& error) {
  return {TableOutcome::Kind::kFailed, std::nullopt, error.message,
          error.exit_code == ExitCode::kUnavailable ? ErrorClass::kTransient
                                                    : ErrorClass::kConfiguration};
}

}  // namespace

Result<Encoding> make_encoding(const TableName& name, const std::vector<Column>& columns,
                               const std::vector<std::string>& required, const ServerFacts& facts) {
  auto encoder = RowEncoder::create(columns, required);
  if (!encoder) return encoder.error();
  return Encoding{std::move(*encoder),
                  std::make_shared<const InsertFormat>(insert_format(name, columns, facts))};
}

TableOutcome TableCheck::run() {
  auto columns = open_table(http_, facts_, name_, /*create=*/false);
  if (!columns) return failed(columns.error());
  if (same(*columns, columns_))
    return {TableOutcome::Kind::kUnchanged, std::nullopt, "", ErrorClass::kTransient};
  auto encoding = make_encoding(name_, *columns, required_, facts_);
  if (!encoding) return failed(encoding.error());
  columns_ = std::move(*columns);
  return {TableOutcome::Kind::kChanged, std::move(*encoding), "", ErrorClass::kTransient};
}

}  // namespace event_consumer
