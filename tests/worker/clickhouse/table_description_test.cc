#include "worker/clickhouse/table_description.h"

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

const TableName kTable = {"url_shortener", "click_events"};

WritableColumns writable(const std::string& answer, const ServerFacts& facts = {}) {
  const auto described = read_description(answer, kTable);
  if (!described) FAIL(described.error().message);
  return writable_columns(described.value(), kTable, facts);
}

std::vector<Column> columns_in(const std::string& answer) { return writable(answer).columns; }

void refused(const std::string& answer) {
  const auto described = read_description(answer, kTable);
  REQUIRE_FALSE(described.ok());
  CHECK(described.error().kind == ErrorKind::kConfiguration);
}

std::string words(const std::vector<Column>& columns) {
  std::string text;
  for (const Column& column : columns) text += column.name + ":" + column.type.name + " ";
  return text;
}

TEST_CASE("table: its name quoted", "[table_description]") {
  CHECK(kTable.quoted() == "`url_shortener`.`click_events`");
  CHECK(TableName{"a`b", "c.d"}.quoted() == "`a\\`b`.`c.d`");
}

TEST_CASE("table description: names and types in the table's order", "[table_description]") {
  CHECK(words(columns_in("short_code\tLowCardinality(String)\t\t\n"
                         "timestamp\tDateTime(\\'UTC\\')\t\t\n")) ==
        "short_code:LowCardinality(String) timestamp:DateTime('UTC') ");
  CHECK(columns_in("").empty());
}

TEST_CASE("table description: computed columns are left out, of any type", "[table_description]") {
  CHECK(words(columns_in("a\tString\t\t\n"
                         "b\tArray(String)\tMATERIALIZED\t[a]\n"
                         "c\tString\tALIAS\ta\n"
                         "d\tUInt8\tEPHEMERAL\t\n"
                         "e\tUInt8\t\t\n")) == "a:String e:UInt8 ");
}

TEST_CASE("table description: names with what TabSeparated escapes", "[table_description]") {
  CHECK(columns_in("a\\tb\\'c\tString\t\t\n").at(0).name == "a\tb'c");
}

// As of 24.8, in whose rows a JSON is something else than its text.
TEST_CASE("table description: a JSON is left out where the server reads no text for it",
          "[table_description]") {
  const std::string answer =
      "a\tString\t\t\nb\tJSON\t\t\nc\tArray(Tuple(x UInt8, y JSON(k UInt8)))\t\t\n";
  const WritableColumns old = writable(answer);
  CHECK(words(old.columns) == "a:String ");
  CHECK(old.left_out.at(0) ==
        "column b of `url_shortener`.`click_events`: columns of the type JSON cannot be written to "
        "this version of ClickHouse, which does not know the setting "
        "input_format_binary_read_json_as_string");
  CHECK(old.left_out.size() == 2);
  ServerFacts facts;
  facts.knows_json_as_string = true;
  CHECK(writable(answer, facts).columns.size() == 3);
}

TEST_CASE("table description: a column that we cannot write is left out and named with its type",
          "[table_description]") {
  const WritableColumns all = writable("a\tString\t\t\nb\tUUIDs\t\t\nc\tUInt8\t\t\n");
  CHECK(words(all.columns) == "a:String c:UInt8 ");
  CHECK(all.left_out ==
        std::vector<std::string>{"column b of `url_shortener`.`click_events`: columns of the type "
                                 "UUIDs cannot be written"});
}

TEST_CASE("table description: columns with a DEFAULT expression are marked",
          "[table_description]") {
  const auto columns = columns_in("a\tUInt8\t\t\nb\tUInt8\tDEFAULT\t7\n");
  REQUIRE(columns.size() == 2);
  CHECK_FALSE(columns[0].has_default);
  CHECK(columns[1].has_default);
}

TEST_CASE("table description: another form is refused", "[table_description]") {
  refused("<html>\n");
  refused("short_code\tString\n");
  refused("a\tString\t\t\tmore\n");
}

}  // namespace
}  // namespace event_consumer
