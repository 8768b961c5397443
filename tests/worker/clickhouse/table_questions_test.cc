#include "worker/clickhouse/table_questions.h"

#include "tests/fakes/fake_http_server.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

const TableName kTable = {"it's", "t"};

TEST_CASE("table questions: the version is the first line", "[table_questions]") {
  CHECK(version_question().read("26.7.1.1\n").value() == "26.7.1.1");
}

TEST_CASE("table questions: whether a table is there", "[table_questions]") {
  CHECK(existence_question(kTable).query ==
        "SELECT count() FROM system.tables WHERE database = 'it\\'s' AND name = 't'");
  CHECK(existence_question(kTable).read("1\n").value());
  CHECK_FALSE(existence_question(kTable).read("0\n").value());
}

TEST_CASE("table questions: its engine, if it is there", "[table_questions]") {
  const auto question = engine_question(kTable);
  CHECK_FALSE(question.read("").value());
  const auto engine = question.read("MergeTree\tMergeTree(a, \\'b\\')\n").value();
  REQUIRE(engine);
  CHECK(engine->name == "MergeTree");
  CHECK(engine->full == "MergeTree(a, 'b')");
  CHECK(question.read("Memory\n").value()->full.empty());
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

TEST_CASE("table questions: which of several tables are there", "[table_questions]") {
  const auto question = existing_question({{"a", "b.c"}, {"a.b", "c"}});
  CHECK(question.query ==
        "SELECT database, name FROM system.tables WHERE database = 'a' AND name = 'b.c' OR "
        "database = 'a.b' AND name = 'c'");
  CHECK(question.read("").value().empty());
  REQUIRE(question.read("a.b\tc\n").value().size() == 1);
  CHECK(question.read("a.b\tc\n").value().front().quoted() == "`a.b`.`c`");
}

TEST_CASE("table questions: whether the user may only read", "[table_questions]") {
  CHECK(read_only_question().read("1\n").value());
  CHECK_FALSE(read_only_question().read("0\n").value());
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
