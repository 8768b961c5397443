// libFuzzer target: any bytes as an answer of ClickHouse, be it an exception, the description of a
// table, or the engine of one. Up to the first NUL byte they are a header, behind it a body.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "worker/clickhouse/deduplication.h"
#include "worker/clickhouse/exception_class.h"
#include "worker/clickhouse/materialized_view.h"
#include "worker/clickhouse/quote.h"
#include "worker/clickhouse/table_description.h"
#include "worker/clickhouse/table_engine.h"
#include "worker/clickhouse/table_target.h"

using namespace event_consumer;

namespace {

// A FixedString of each length that a type may name takes that much memory.
constexpr std::size_t kLongest = 2000;

void check_exception(std::optional<std::string_view> header, const std::string& body) {
  const int code = exception_code(header, body);
  if (header && code == 0) std::abort();
  const ErrorClass on_its_own = classify_failure(500, code, "");
  const ErrorClass with_words = classify_failure(500, code, body);
  // Words change the class in two ways only.
  if (with_words == on_its_own) return;
  if (with_words == ErrorClass::kTransient) std::abort();
  if (with_words == ErrorClass::kData && code != 252) std::abort();
}

void check_description(const std::string& body) {
  const TableName table = {"d", "t"};
  const auto described = read_description(body, table);
  if (!described && described.error().kind != ErrorKind::kConfiguration) std::abort();
  if (described) {
    const WritableColumns writable = writable_columns(described.value(), table, {});
    if (writable.columns.size() + writable.left_out.size() > described.value().size()) std::abort();
  }
  if (unescape_tsv(quote_string(body)) != "'" + body + "'") std::abort();
  if (split_tsv(body).size() > body.size() + 1) std::abort();
}

// A row of system.tables from `body`, and a table and a view of these words.
void check_target(const std::string& header, const std::string& body) {
  const auto rows = tables_question({{"d", "t"}}, {}).read(body);
  if (!rows) std::abort();
  ServerFacts facts;
  facts.knows_deduplication_token = true;
  TableTarget target;
  target.table = {{"d", "t"}, header, body, body, "", {}};
  for (const TableRow& row : rows.value()) target.views.push_back({table_of_view(row), row});
  target.views.push_back({table_of_view({{}, "MaterializedView", "", body, "", {}}), std::nullopt});
  if (judge_deduplication(facts, target).explanation.empty()) std::abort();
  if (describe(judge_stored(facts, target)).empty()) std::abort();
  judge_target(facts, target, false);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), std::min(size, kLongest));
  const auto end = text.find('\0');
  const std::string body = end == std::string::npos ? text : text.substr(end + 1);
  const std::string header = text.substr(0, end);
  check_exception(std::nullopt, body);
  if (end != std::string::npos) check_exception(header, body);
  check_description(body);
  check_target(header, body);
  return 0;
}
