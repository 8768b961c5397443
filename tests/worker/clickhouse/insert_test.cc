#include "worker/clickhouse/insert.h"

#include "tests/fakes/batches.h"
#include "tests/fakes/fake_http_server.h"
#include "tests/support/catch.h"
#include "tests/support/deaf_host.h"

namespace event_consumer {
namespace {

using testing::FakeHttpServer;
using testing::foreign_answer;
using testing::http_answer;
using testing::HttpRequest;
using Kind = InsertOutcome::Kind;

Column column(const char* name, const char* type = "String") {
  return {name, *parse_column_type(type)};
}

const std::pair<std::string, std::string> kBlock = {"max_insert_block_size", "1048576"};

Batch sealed_batch(const char* query = "INSERT") {
  Batch batch;
  testing::append(batch, testing::id(1), "\2ab", 1, TimePoint(std::chrono::hours(1)),
                  testing::insert_format(query));
  batch.seal();
  return batch;
}

std::string plain_query(const TableName& name, const std::vector<Column>& columns) {
  const InsertFormat format = insert_format(name, columns, {});
  CHECK(format.head.substr(format.statement_bytes) == "\n");
  return format.head.substr(0, format.statement_bytes);
}

TEST_CASE("insert query: names table and columns in their order", "[insert]") {
  CHECK(plain_query({"url_shortener", "click_events"},
                    {column("short_code"), column("timestamp", "DateTime")}) ==
        "INSERT INTO `url_shortener`.`click_events` (`short_code`, `timestamp`) FORMAT RowBinary");
  CHECK(plain_query({"d", "t"}, {column("a")}) == "INSERT INTO `d`.`t` (`a`) FORMAT RowBinary");
}

TEST_CASE("insert query: odd names are quoted", "[insert]") {
  CHECK(plain_query({"d`", "t t"}, {column("a(")}) ==
        "INSERT INTO `d\\``.`t t` (`a(`) FORMAT RowBinary");
  CHECK(plain_query({"d", "t("}, {column("("), column("b")}) ==
        "INSERT INTO `d`.`t(` (`(`, `b`) FORMAT RowBinary");
}

TEST_CASE("insert format: names and types stand before the rows where the server compares them",
          "[insert]") {
  ServerFacts facts;
  CHECK_FALSE(insert_format({"d", "t"}, {column("a")}, facts).states_types);
  CHECK(insert_format({"d", "t"}, {column("a")}, facts).head ==
        "INSERT INTO `d`.`t` (`a`) FORMAT RowBinary\n");
  facts.knows_typed_rows = true;
  const InsertFormat typed =
      insert_format({"d", "t"}, {column("a"), column("b", "DateTime('UTC')")}, facts);
  CHECK(typed.states_types);
  CHECK(typed.head ==
        "INSERT INTO `d`.`t` (`a`, `b`) FORMAT RowBinaryWithNamesAndTypes\n"
        "\2\1a\1b\6String\017DateTime('UTC')");
}

TEST_CASE("insert format: types are stated before rows with marks for DEFAULT, too", "[insert]") {
  Column marked = column("a");
  marked.has_default = true;
  ServerFacts facts;
  facts.knows_typed_rows = true;
  CHECK((row_format({marked}, facts) == RowFormat::kRowBinary));
  facts.knows_rows_with_defaults = true;
  CHECK((row_format({column("a")}, facts) == RowFormat::kRowBinary));
  REQUIRE((row_format({marked}, facts) == RowFormat::kRowBinaryWithDefaults));

  const auto format = [&] {
    return insert_format({"d", "t"}, {marked}, facts, RowFormat::kRowBinaryWithDefaults);
  };
  CHECK(format().head == "INSERT INTO `d`.`t` (`a`) FORMAT RowBinaryWithDefaults\n");
  CHECK_FALSE(format().states_types);
  facts.knows_typed_rows_with_defaults = true;
  CHECK(format().head ==
        "INSERT INTO `d`.`t` (`a`) FORMAT RowBinaryWithNamesAndTypesAndDefaults\n"
        "\1\1a\6String");
  CHECK(format().states_types);
}

TEST_CASE("insert parameters: of the settings only those that the server knows", "[insert]") {
  for (const bool async : {false, true}) {
    for (const bool token : {false, true}) {
      for (const bool deduplicate : {false, true}) {
        ServerFacts facts;
        facts.knows_async_insert = async;
        facts.knows_deduplication_token = token;
        facts.knows_insert_deduplicate = deduplicate;
        QueryParameters expected = {{"wait_end_of_query", "1"}, kBlock};
        if (async) expected.push_back({"async_insert", "0"});
        if (token) expected.push_back({"insert_deduplication_token", "abc"});
        if (deduplicate) expected.push_back({"insert_deduplicate", token ? "1" : "0"});
        expected.push_back({"query_id", "abc"});
        CHECK((insert_parameters({}, facts, "abc") == expected));
      }
    }
  }
}

TEST_CASE("insert parameters: shards and types do not hang on the user's profile", "[insert]") {
  ServerFacts facts;
  facts.knows_types_header = true;
  facts.knows_json_as_string = true;
  facts.knows_insert_distributed_sync = facts.knows_distributed_foreground = true;
  CHECK((insert_parameters({}, facts, "") ==
         QueryParameters{{"wait_end_of_query", "1"},
                         {"distributed_foreground_insert", "1"},
                         {"input_format_with_types_use_header", "1"},
                         {"input_format_binary_read_json_as_string", "1"},
                         kBlock}));
}

TEST_CASE("insert parameters: nor how rows are read", "[insert]") {
  ServerFacts facts;
  facts.knows_defaults_for_omitted = facts.knows_binary_types = true;
  CHECK((insert_parameters({}, facts, "") ==
         QueryParameters{{"wait_end_of_query", "1"},
                         {"input_format_defaults_for_omitted_fields", "1"},
                         {"input_format_binary_decode_types_in_binary_format", "0"},
                         kBlock}));
}

TEST_CASE("insert parameters: nor what becomes of an insert that takes too long", "[insert]") {
  ServerFacts facts;
  facts.knows_timeout_overflow_mode = true;
  CHECK((insert_parameters({}, facts, "") ==
         QueryParameters{{"wait_end_of_query", "1"}, {"timeout_overflow_mode", "throw"}, kBlock}));
}

TEST_CASE("insert parameters: nor that tokens are looked at", "[insert]") {
  ServerFacts facts;
  facts.knows_deduplication_token = true;
  facts.knows_insert_deduplicate = facts.knows_deduplicate_insert = true;
  CHECK(
      (insert_parameters({}, facts, "abc") == QueryParameters{{"wait_end_of_query", "1"},
                                                              kBlock,
                                                              {"insert_deduplication_token", "abc"},
                                                              {"insert_deduplicate", "1"},
                                                              {"deduplicate_insert", "enable"},
                                                              {"query_id", "abc"}}));
}

TEST_CASE("insert parameters: the settings of the options are sent, too", "[insert]") {
  CHECK((insert_parameters({}, {}, "abc", {{"insert_quorum", "2"}}) ==
         QueryParameters{
             {"insert_quorum", "2"}, {"wait_end_of_query", "1"}, kBlock, {"query_id", "abc"}}));
}

TEST_CASE("insert parameters: the log of queries names us, unless an option names another",
          "[insert]") {
  ServerFacts facts;
  facts.knows_log_comment = true;
  const std::pair<std::string, std::string> ours = {"log_comment",
                                                    "event-consumer/" EVENT_CONSUMER_VERSION};
  CHECK((insert_parameters({}, facts, "") ==
         QueryParameters{{"wait_end_of_query", "1"}, kBlock, ours}));
  CHECK((insert_parameters({}, facts, "", {{"log_comment", "billing"}}) ==
         QueryParameters{{"log_comment", "billing"}, {"wait_end_of_query", "1"}, kBlock}));
}

TEST_CASE("insert parameters: a statement longer than a server reads is announced", "[insert]") {
  InsertFormat format;
  format.statement_bytes = 262'144;
  CHECK((insert_parameters(format, {}, "") == QueryParameters{{"wait_end_of_query", "1"}, kBlock}));
  format.statement_bytes = 262'145;
  CHECK((insert_parameters(format, {}, "") ==
         QueryParameters{{"wait_end_of_query", "1"}, {"max_query_size", "262146"}, kBlock}));
}

// Else a message could be stored in part.
TEST_CASE("insert parameters: an insert is one block, whatever the user's profile says",
          "[insert]") {
  ServerFacts facts;
  facts.knows_format_block_bytes = true;
  CHECK((insert_parameters({}, facts, "") ==
         QueryParameters{
             {"wait_end_of_query", "1"}, kBlock, {"input_format_max_block_size_bytes", "0"}}));
  facts.knows_insert_block_bytes = true;
  CHECK((insert_parameters({}, facts, "") ==
         QueryParameters{{"wait_end_of_query", "1"},
                         kBlock,
                         {"max_insert_block_size_bytes", "0"},
                         {"min_insert_block_size_rows", "1048576"},
                         {"input_format_max_block_size_bytes", "0"}}));
}

TEST_CASE("insert: posts the bytes of the batch under its token", "[insert]") {
  FakeHttpServer server([](const HttpRequest&) { return http_answer(200); });
  ServerFacts facts;
  facts.knows_deduplication_token = true;
  ClickHouseHttp http({"127.0.0.1", server.port(), "default", "", std::chrono::seconds(20)});
  const Batch batch = sealed_batch("INSERT INTO `d`.`t` (`a`) FORMAT RowBinary\n");
  const InsertOutcome outcome = post_batch(http, facts, batch, /*deduplicates=*/true);
  CHECK((outcome.kind == Kind::kStored));
  CHECK(outcome.code == 0);
  CHECK(outcome.message == "");
  post_batch(http, facts, batch, /*deduplicates=*/true);

  const auto requests = server.requests();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].line ==
        "POST /?wait_end_of_query=1&max_insert_block_size=1048576&insert_deduplication_token=" +
            batch.token() + "&query_id=" + batch.token() + " HTTP/1.1");
  CHECK(requests[0].body == "INSERT INTO `d`.`t` (`a`) FORMAT RowBinary\n\2ab");
  CHECK(requests[1].line == requests[0].line);
  CHECK(requests[1].body == requests[0].body);
}

InsertOutcome outcome_of(const std::string& answer, bool deduplicates = true) {
  FakeHttpServer server([&](const HttpRequest&) { return answer; });
  ClickHouseHttp http({"127.0.0.1", server.port(), "default", "", std::chrono::seconds(20)});
  return post_batch(http, {}, sealed_batch(), deduplicates);
}

TEST_CASE("insert: an exception is a refusal with code and words", "[insert]") {
  const InsertOutcome old =
      outcome_of(http_answer(500, "Code: 252, e.displayText() = DB::Exception: Too many parts"));
  CHECK((old.kind == Kind::kRefused));
  CHECK(old.code == 252);
  CHECK(old.message.find("HTTP 500, Code: 252, e.displayText() = DB::Exception: Too many parts") !=
        std::string::npos);
  CHECK(old.message.find("ClickHouse 127.0.0.1:") == 0);

  const InsertOutcome late =
      outcome_of(http_answer(200, "", "X-ClickHouse-Exception-Code: 241\r\n"));
  CHECK((late.kind == Kind::kRefused));
  CHECK(late.code == 241);
}

// The second copy is refused while the first runs: which may yet be stored.
TEST_CASE("insert: one that still runs is not refused", "[insert]") {
  const InsertOutcome outcome =
      outcome_of(http_answer(500,
                             "Code: 216, e.displayText() = DB::Exception: Query with id = x "
                             "is already running."),
                 /*deduplicates=*/false);
  CHECK((outcome.kind == Kind::kUnknown));
  CHECK((outcome.error_class == ErrorClass::kTransient));
  CHECK(outcome.code == 216);
  CHECK(outcome.message.find(" still works on the insert, posted before: HTTP 500, Code: 216") !=
        std::string::npos);
  CHECK(outcome.message.find("stored twice") == std::string::npos);
}

TEST_CASE("insert: codes that say so leave it unknown", "[insert]") {
  for (const int code : {159, 209, 210, 319}) {
    const InsertOutcome outcome = outcome_of(
        http_answer(500, "Code: " + std::to_string(code) + ", e.displayText() = DB::Exception: x"));
    CHECK((outcome.kind == Kind::kUnknown));
    CHECK(outcome.code == code);
    CHECK((outcome.error_class == ErrorClass::kTransient));
  }
}

TEST_CASE("insert: the rows of an unknown outcome are counted where they may be doubled",
          "[insert]") {
  const std::string words = "; its 1 rows may be stored twice";
  for (const std::string& answer : {std::string(), foreign_answer(200), foreign_answer(502)}) {
    CHECK(outcome_of(answer, false).message.find(words) != std::string::npos);
    CHECK(outcome_of(answer, true).message.find(words) == std::string::npos);
  }
  CHECK(outcome_of(http_answer(500, "Code: 252. DB::Exception"), false).message.find(words) ==
        std::string::npos);
}

TEST_CASE("insert: a token that the server remembers means stored", "[insert]") {
  CHECK((outcome_of(http_answer(500, "Code: 389. DB::Exception: Insert was deduplicated")).kind ==
         Kind::kStored));
}

TEST_CASE("insert: a refusal for the configuration says what to do, one for the rows does not",
          "[insert]") {
  const InsertOutcome configuration =
      outcome_of(http_answer(404, "Code: 60. DB::Exception: Unknown table\n"));
  CHECK(configuration.message.find("Unknown table → create the table") != std::string::npos);
  const InsertOutcome data = outcome_of(http_answer(500, "Code: 469. DB::Exception: Violated\n"));
  CHECK(data.message.find("→") == std::string::npos);
  CHECK(data.message.back() == 'd');  // no end of line in the line of a log
}

TEST_CASE("insert: a refusal without a code is one all the same", "[insert]") {
  for (const int status : {204, 302, 400, 404, 429, 500, 503}) {
    const InsertOutcome outcome = outcome_of(http_answer(status, "no", "Location: /\r\n"));
    CHECK((outcome.kind == Kind::kRefused));
    CHECK(outcome.code == 0);
  }
}

TEST_CASE("insert: of a long message the beginning and the end are kept", "[insert]") {
  const std::string middle(100'000, 'x');
  const InsertOutcome outcome =
      outcome_of(http_answer(500, "Code: 6. " + middle + ": while pushing to view d.v"));
  CHECK(outcome.message.size() < 700);
  CHECK(outcome.message.find("Code: 6. xxx") != std::string::npos);
  CHECK(outcome.message.find("xxx: while pushing to view d.v") != std::string::npos);
}

TEST_CASE("insert: no answer leaves it unknown", "[insert]") {
  const InsertOutcome outcome = outcome_of("");
  CHECK((outcome.kind == Kind::kUnknown));
  CHECK(outcome.code == 0);
  CHECK(outcome.message.find("did not answer") != std::string::npos);
}

TEST_CASE("insert: of what no connection was made for, nothing is stored", "[insert]") {
  const testing::DeafHost deaf;
  ClickHouseHttp http({"127.0.0.1", deaf.port(), "u", "p", std::chrono::seconds(1)});
  const InsertOutcome outcome = post_batch(http, {}, sealed_batch(), false);
  CHECK((outcome.kind == Kind::kRefused));
  CHECK((outcome.error_class == ErrorClass::kTransient));
  CHECK(outcome.message.find("twice") == std::string::npos);
}

TEST_CASE("insert: half an answer leaves it unknown", "[insert]") {
  CHECK((outcome_of("HTTP/1.1 200").kind == Kind::kUnknown));
}

// Whatever else listens on that port says 200 to a POST as well, but with a page.
TEST_CASE("insert: a page with status 200 is not ClickHouse's «stored»", "[insert]") {
  CHECK((outcome_of(http_answer(200, "<html>Welcome</html>")).kind != Kind::kStored));
}

// A proxy that has lost the backend, or that has been told to answer by itself, says it so.
TEST_CASE("insert: an empty 200 without ClickHouse's header is not its «stored»", "[insert]") {
  const InsertOutcome outcome = outcome_of(foreign_answer(200));
  CHECK((outcome.kind == Kind::kUnknown));
  CHECK((outcome.error_class == ErrorClass::kConfiguration));
  CHECK(outcome.message.find("HTTP 200 without a header X-ClickHouse-…") != std::string::npos);
  CHECK(outcome.message.find("→ this is not ClickHouse, or a proxy that drops headers: correct "
                             "CLICKHOUSE_HOST and CLICKHOUSE_PORT") != std::string::npos);
}

TEST_CASE("insert: a 200 without a length may be cut short, and is no «stored»", "[insert]") {
  const InsertOutcome outcome =
      outcome_of("HTTP/1.1 200 OK\r\nX-ClickHouse-Server-Display-Name: x\r\n\r\n");
  CHECK((outcome.kind == Kind::kUnknown));
  CHECK(outcome.message.find("HTTP 200 without a length") != std::string::npos);
}

TEST_CASE("insert: a refusal of somebody else leaves it unknown, and is no row's fault",
          "[insert]") {
  for (const int status : {400, 404, 413, 429, 500, 502, 504}) {
    const InsertOutcome outcome =
        outcome_of(foreign_answer(status, "Code: 27. DB::Exception: of whom?"));
    CHECK((outcome.kind == Kind::kUnknown));
    CHECK(outcome.code == 0);
    CHECK((outcome.error_class != ErrorClass::kData));
    CHECK(outcome.message.find("without a header X-ClickHouse-…") != std::string::npos);
  }
  CHECK((outcome_of(foreign_answer(500, "Code: 389. DB::Exception")).kind == Kind::kUnknown));
}

TEST_CASE("insert: an exception header without a number is no «stored»", "[insert]") {
  CHECK((outcome_of(http_answer(200, "", "X-ClickHouse-Exception-Code: ?\r\n")).kind !=
         Kind::kStored));
}

}  // namespace
}  // namespace event_consumer
