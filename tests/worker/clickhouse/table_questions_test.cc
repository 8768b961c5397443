#include "worker/clickhouse/table_questions.h"

#include "tests/fakes/fake_http_server.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

const TableName kTable = {"it's", "t"};

TEST_CASE("table questions: the version is the first line", "[table_questions]") {
  CHECK(version_question().read("26.7.1.1\n").value() == "26.7.1.1");
}

TEST_CASE("table questions: which tables there are, and which views read them",
          "[table_questions]") {
  ServerFacts facts;
  const std::string columns =
      ", arrayStringConcat(dependencies_database, '\\0'), arrayStringConcat(dependencies_table, "
      "'\\0') FROM system.tables WHERE database = 'it\\'s' AND name = 't'";
  CHECK(tables_question({kTable}, facts).query ==
        "SELECT database, name, engine, engine_full, create_table_query, ''" + columns);
  facts.knows_table_uuids = true;
  const auto question = tables_question({kTable, {"a", "b"}}, facts);
  CHECK(question.query ==
        "SELECT database, name, engine, engine_full, create_table_query, toString(uuid)" + columns +
            " OR database = 'a' AND name = 'b'");

  CHECK(question.read("").value().empty());
  const auto rows = question
                        .read(
                            "it\\'s\tt\tMergeTree\tMergeTree(a, \\'b\\')\tCREATE "
                            "TABLE\t7-8\td\\0e\tv\\0w, x\n"
                            "a\tb\tMemory\tMemory\tCREATE TABLE\t\t\t\n")
                        .value();
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].name == kTable);
  CHECK(rows[0].engine == "MergeTree");
  CHECK(rows[0].engine_full == "MergeTree(a, 'b')");
  CHECK(rows[0].create_query == "CREATE TABLE");
  CHECK(rows[0].uuid == "7-8");
  CHECK(rows[0].views == std::vector<TableName>{{"d", "v"}, {"e", "w, x"}});
  CHECK(rows[1].views.empty());
}

TEST_CASE("table questions: its columns, computed ones too", "[table_questions]") {
  ServerFacts facts;
  CHECK(columns_question(kTable, facts).query.find("ORDER BY") == std::string::npos);
  facts.knows_column_positions = true;
  const auto question = columns_question(kTable, facts);
  CHECK(question.query ==
        "SELECT name, type, default_kind, default_expression FROM system.columns WHERE database = "
        "'it\\'s' AND table = 't' ORDER BY position");
  const auto columns = question.read("a\tUInt8\t\t\nb\tDate\tALIAS\ttoDate(a)\n");
  REQUIRE(columns.ok());
  REQUIRE(columns.value().size() == 2);
  CHECK(columns.value()[1].name == "b");
  CHECK(columns.value()[1].type == "Date");
  CHECK(columns.value()[1].default_kind == "ALIAS");
  CHECK(columns.value()[1].default_expression == "toDate(a)");
  CHECK_FALSE(question.read("<html>").ok());
}

TEST_CASE("table questions: whether the user may only read", "[table_questions]") {
  CHECK(read_only_question().read("1\n").value());
  CHECK_FALSE(read_only_question().read("0\n").value());
}

// Whose settings «extremes» and «output_format_tsv_crlf_end_of_line» are on.
TEST_CASE("table questions: an answer is read whatever the user's profile adds to it",
          "[table_questions]") {
  testing::FakeHttpServer server([](const testing::HttpRequest&) {
    return testing::http_answer(200,
                                "a\tUInt8\t\t\r\nb\tDate\tALIAS\ttoDate(a)\r\n"
                                "\na\tDate\t\t\r\nb\tUInt8\tALIAS\ttoDate(a)\r\n");
  });
  ClickHouseHttp http({"127.0.0.1", server.port(), "default", "", std::chrono::seconds(20)});
  const auto columns = ask(http, columns_question(kTable, {}));
  REQUIRE(columns.ok());
  REQUIRE(columns.value().size() == 2);
  CHECK(columns.value()[0].name == "a");
  CHECK(columns.value()[0].default_expression.empty());
  CHECK(columns.value()[1].default_expression == "toDate(a)");
}

// Whose setting «use_query_cache» is on.
TEST_CASE("table questions: one that the query cache refuses is asked past it",
          "[table_questions]") {
  const int code = GENERATE(704, 719, 731);
  testing::FakeHttpServer server([&](const testing::HttpRequest& request) {
    if (request.line.find("&use_query_cache=0") == std::string::npos)
      return testing::http_answer(500, "Code: " + std::to_string(code) + ". DB::Exception: no");
    return testing::http_answer(200, "a\tUInt8\t\t\n");
  });
  ClickHouseHttp http({"127.0.0.1", server.port(), "default", "", std::chrono::seconds(20)});
  const auto columns = ask(http, columns_question(kTable, {}));
  REQUIRE(columns.ok());
  CHECK(columns.value().size() == 1);
  CHECK(server.requests().size() == 2);
}

TEST_CASE("table questions: a refusal bears the server's code", "[table_questions]") {
  testing::FakeHttpServer server([](const testing::HttpRequest&) {
    return testing::http_answer(404, "Code: 60. DB::Exception: no such table");
  });
  ClickHouseHttp http({"127.0.0.1", server.port(), "default", "", std::chrono::seconds(20)});
  const auto columns = ask(http, columns_question(kTable, {}));
  REQUIRE_FALSE(columns.ok());
  CHECK(columns.error().peer_code == 60);
}

}  // namespace
}  // namespace event_consumer
