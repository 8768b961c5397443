// What a table writer sees by itself: another password in its file, another version of the server.
#include "worker/clickhouse/table_writer.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <thread>

#include "common/resolve_options.h"
#include "tests/common/temporary_file.h"
#include "tests/fakes/captured_log.h"
#include "tests/fakes/fake_http_server.h"
#include "tests/fakes/settlement_rig.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using std::chrono::milliseconds;
using testing::FakeHttpServer;
using testing::foreign_answer;
using testing::http_answer;
using testing::HttpRequest;
using Kind = InsertOutcome::Kind;

constexpr char kDatabaseAndName[] = "url_shortener\tclick_events\t";

// A server of one table, with a password and a version that can change.
struct FakeClickHouse {
  std::string password = "first";
  std::string version = "18.16.1";
  bool is_away = false;         // no request is answered
  bool deduplicates = false;    // it knows tokens, and the table has a window for them
  bool drops_settings = false;  // so does a proxy before it
  bool reads_types = false;
  bool has_table = true;
  bool drops_table_after_look = false;
  std::string engine = "MergeTree\tMergeTree SETTINGS non_replicated_deduplication_window = 1";
  std::string columns = "a\tString\t\t\n";
  int unwritable = 0;                   // so many columns more, and b
  int foreign = 0;                      // so many requests somebody else answers, with 200
  bool starts_anew_for_insert = false;  // and takes it then
  bool goes_after_insert = false;       // which it takes
  TimePoint started_at = Clock::now() - std::chrono::hours(1);
  bool knows_uptime = true;

  std::string operator()(const HttpRequest& request) {
    if (is_away) return "";
    if (foreign > 0 && foreign-- > 0) return foreign_answer(200);
    if (request.headers.find("X-ClickHouse-Key: " + password + "\r\n") == std::string::npos)
      return http_answer(500, "Code: 193, e.displayText() = DB::Exception: Wrong password");
    if (request.body == "SELECT version()") return http_answer(200, version + "\n");
    if (request.body == "SELECT uptime()") {
      const auto uptime = std::chrono::floor<std::chrono::seconds>(Clock::now() - started_at);
      return http_answer(200, knows_uptime ? std::to_string(uptime.count()) + "\n" : "a while\n");
    }
    if (request.body.find("FROM system.tables") != std::string::npos)
      return http_answer(200, has_table ? kDatabaseAndName + engine + "\n" : "");
    if (!has_table && request.body.find("INSERT") != std::string::npos)
      return http_answer(404, "Code: 60, e.displayText() = DB::Exception: Table d.t doesn't exist");
    if (request.body.find("CREATE TABLE") == 0) has_table = true;
    if (request.body.find("SELECT name, type") == 0) {
      has_table = !drops_table_after_look;
      std::string all = columns;
      if (unwritable > 0) all += "b\tString\t\t\n";
      for (int i = 0; i < unwritable; ++i)
        all += "sum" + std::to_string(i) + "\tAggregateFunction(sum, UInt64)\t\t\n";
      return http_answer(200, all);
    }
    if (reads_types && request.body.find("FROM system.formats") != std::string::npos)
      return http_answer(200, "RowBinaryWithNamesAndTypes\n");
    if (request.body.find("SELECT value FROM system.settings") == 0)
      return http_answer(200, drops_settings ? "\n" : "arrives\n");
    if (deduplicates && request.body.find("insert_deduplication_token") != std::string::npos)
      return http_answer(200, "insert_deduplication_token\n");
    const bool is_insert = request.line.find("query_id") != std::string::npos;
    if (starts_anew_for_insert && is_insert) started_at = Clock::now();
    if (goes_after_insert && is_insert) is_away = true;
    return http_answer(200);  // settings, none of which it knows, and inserts
  }
};

constexpr milliseconds kSecondLook{20};

class Rig {
 public:
  // A slow server answers the first question after a second heartbeat.
  explicit Rig(bool has_table = true, bool is_slow = false,
               Duration look_again = std::chrono::minutes(1), bool is_new = false)
      : server_([this, is_slow](const HttpRequest& request) {
          const TimePoint deadline = Clock::now() + std::chrono::seconds(5);
          while (is_slow && heartbeats < 2 && Clock::now() < deadline) std::this_thread::yield();
          return clickhouse(request);
        }) {
    clickhouse.has_table = has_table;
    clickhouse.deduplicates = is_new;
    clickhouse.reads_types = is_new;
    auto resolved = resolve_options({},
                                    {{"CLICKHOUSE_HOST", "127.0.0.1"},
                                     {"CLICKHOUSE_PORT", std::to_string(server_.port())},
                                     {"CLICKHOUSE_PASSWORD", "first"},
                                     {"CLICKHOUSE_PASSWORD_FILE", file_.path()},
                                     {"EVENT_CONSUMER_REQUIRED", ""}},
                                    {});
    if (!resolved) FAIL(resolved.error().message);
    auto opened =
        TableWriter::open(resolved->options, [this] { ++heartbeats; }, {kSecondLook, look_again});
    if (!opened) FAIL(opened.error().message);
    writer.emplace(std::move(*opened));
    auto encoding = writer->encoding();
    testing::append(batch_, {}, "\1x", 1, Clock::now(), encoding->format);
    batch_.seal();
  }

  InsertOutcome post() { return writer->post(batch_); }
  // As after a post at that time that was left without an answer.
  InsertOutcome post_again(TimePoint posted_at) {
    batch_.set_may_be_stored(posted_at);
    return post();
  }
  void write_password(const std::string& password) {
    std::ofstream(file_.path(), std::ios::trunc) << password;
  }

  // How often rows were posted: the trial at the start has none.
  long inserts() const {
    const auto requests = server_.requests();
    return std::count_if(requests.begin(), requests.end(), [](const HttpRequest& request) {
      return request.body.find("INSERT") != std::string::npos &&
             request.line.find("query_id") != std::string::npos;
    });
  }

  std::size_t requests() const { return server_.requests().size(); }

  // How often the server was asked for the table's columns.
  long looks() const {
    const auto requests = server_.requests();
    return std::count_if(requests.begin(), requests.end(), [](const HttpRequest& request) {
      return request.body.find("SELECT name, type") == 0;
    });
  }

  FakeClickHouse clickhouse;
  std::optional<TableWriter> writer;
  std::atomic<int> heartbeats{0};

 private:
  testing::QuietLog quiet_;
  testing::TemporaryFile file_{"first\n"};
  FakeHttpServer server_;
  Batch batch_;
};

TEST_CASE("table writer: a batch refused for its password is posted with that of the file",
          "[table_writer]") {
  Rig rig;
  CHECK(rig.post().kind == Kind::kStored);
  rig.clickhouse.password = "second";
  const InsertOutcome refused = rig.post();
  CHECK(refused.kind == Kind::kRefused);
  CHECK(refused.error_class == ErrorClass::kConfiguration);
  CHECK(refused.code == 193);
  CHECK(refused.message.find("→ correct CLICKHOUSE_USER") != std::string::npos);
  rig.write_password("second");
  CHECK(rig.post().kind == Kind::kStored);
}

TEST_CASE("table writer: so is a question for the table", "[table_writer]") {
  Rig rig;
  rig.clickhouse.password = "second";
  CHECK(rig.writer->check_table(true).kind == TableOutcome::Kind::kFailed);
  rig.write_password("second");
  CHECK(rig.writer->check_table(true).kind == TableOutcome::Kind::kUnchanged);
}

// Which happens before each insert where the server does not compare types.
TEST_CASE("table writer: a look at the table of an old server is two requests", "[table_writer]") {
  Rig rig;
  const std::size_t before = rig.requests();
  CHECK(rig.writer->check_table(true).kind == TableOutcome::Kind::kUnchanged);
  CHECK(rig.requests() == before + 2);
}

TEST_CASE("table writer: a password file that cannot be used leaves the password as it is",
          "[table_writer]") {
  Rig rig;
  rig.clickhouse.password = "second";
  rig.write_password("");
  CHECK(rig.post().kind == Kind::kRefused);
  rig.clickhouse.password = "first";
  CHECK(rig.post().kind == Kind::kStored);
}

TEST_CASE("table writer: of many columns that cannot be written the first are named in the log",
          "[table_writer]") {
  Rig rig;
  const testing::CapturedLog log;
  rig.clickhouse.unwritable = 12;
  CHECK(rig.writer->check_table(true).kind == TableOutcome::Kind::kChanged);
  CHECK(log.lines_with("it is left to its DEFAULT, or empty") == 10);
  CHECK(log.lines_with("2 more columns are left to their DEFAULT") == 1);
}

TEST_CASE("table writer: a server that was away is asked again what it knows", "[table_writer]") {
  Rig rig;
  rig.clickhouse.is_away = true;
  CHECK(rig.post().kind == Kind::kUnknown);
  rig.clickhouse.is_away = false;
  CHECK(rig.writer->check_table(true).kind == TableOutcome::Kind::kUnchanged);

  rig.clickhouse.is_away = true;
  CHECK(rig.post().kind == Kind::kUnknown);
  rig.clickhouse.is_away = false;
  rig.clickhouse.version = "26.7.1";
  CHECK(rig.writer->check_table(true).kind == TableOutcome::Kind::kChanged);
  CHECK(rig.writer->check_table(true).kind == TableOutcome::Kind::kUnchanged);
  CHECK(rig.writer->describe().find("version 26.7.1") != std::string::npos);
}

// It closes the connections that nobody uses, and no request is left without an answer.
TEST_CASE("table writer: a server that was updated while nobody asked it is asked what it knows",
          "[table_writer]") {
  Rig rig(/*has_table=*/true, /*is_slow=*/false, milliseconds(0));
  CHECK(rig.post().kind == Kind::kStored);
  rig.clickhouse.version = "26.7.1";
  rig.clickhouse.deduplicates = rig.clickhouse.reads_types = true;
  const InsertOutcome stored = rig.post();
  CHECK(stored.kind == Kind::kStored);
  CHECK(stored.server.version == "26.7.1");
  CHECK(stored.server.deduplicates);
  CHECK(rig.writer->check_table(true).kind == TableOutcome::Kind::kChanged);
  CHECK(rig.writer->encoding()->format->states_types);

  rig.clickhouse.version = "18.16.1";
  rig.clickhouse.deduplicates = rig.clickhouse.reads_types = false;
  CHECK(rig.writer->check_table(true).kind == TableOutcome::Kind::kChanged);
  CHECK_FALSE(rig.writer->encoding()->format->states_types);
  CHECK_FALSE(rig.post().server.deduplicates);
}

TEST_CASE("table writer: after an answer of somebody else a question goes before the next post",
          "[table_writer]") {
  Rig rig;
  rig.clickhouse.foreign = 2;
  CHECK(rig.post().kind == Kind::kUnknown);
  CHECK(rig.inserts() == 1);
  const InsertOutcome not_posted = rig.post();  // the question, too, is answered by somebody else
  CHECK(not_posted.kind == Kind::kRefused);
  CHECK(not_posted.error_class == ErrorClass::kConfiguration);
  CHECK(not_posted.message.find("a proxy that drops headers") != std::string::npos);
  CHECK(rig.inserts() == 1);
  CHECK(rig.post().kind == Kind::kStored);
  CHECK(rig.inserts() == 2);
}

TEST_CASE("table writer: a look at the table in between serves as well", "[table_writer]") {
  Rig rig;
  rig.clickhouse.foreign = 2;
  CHECK(rig.post().kind == Kind::kUnknown);
  const TableOutcome failed = rig.writer->check_table(true);
  CHECK(failed.kind == TableOutcome::Kind::kFailed);
  CHECK(failed.error_class == ErrorClass::kConfiguration);
  CHECK(rig.writer->check_table(true).kind == TableOutcome::Kind::kUnchanged);
  const std::size_t before = rig.requests();
  CHECK(rig.post().kind == Kind::kStored);
  CHECK(rig.requests() == before + 1);
}

TEST_CASE("table writer: once is not claimed when a proxy drops the token", "[table_writer]") {
  Rig rig;
  rig.clickhouse.deduplicates = true;
  rig.clickhouse.drops_settings = true;
  rig.clickhouse.version = "26.7.1";
  rig.clickhouse.foreign = 1;  // so that it is asked again
  CHECK(rig.post().kind == Kind::kUnknown);
  CHECK(rig.post().kind == Kind::kStored);
  CHECK_FALSE(rig.writer->deduplication().deduplicates);
  rig.clickhouse.drops_settings = false;
  rig.clickhouse.foreign = 1;
  CHECK(rig.post().kind == Kind::kUnknown);
  CHECK(rig.post().kind == Kind::kStored);
  CHECK(rig.writer->deduplication().deduplicates);
}

TEST_CASE("table writer: a table that was there is looked at once", "[table_writer]") {
  Rig rig;
  CHECK(rig.looks() == 1);
  CHECK(rig.heartbeats == 1);
  rig.writer->check_table(true);
  CHECK(rig.looks() == 2);
}

TEST_CASE("table writer: a start goes on beating while ClickHouse is slow", "[table_writer]") {
  Rig rig(/*has_table=*/true, /*is_slow=*/true);
  CHECK(rig.heartbeats >= 2);
}

TEST_CASE("table writer: a table that it has created is looked at twice", "[table_writer]") {
  const TimePoint start = Clock::now();
  Rig rig(/*has_table=*/false);
  CHECK(Clock::now() - start >= kSecondLook);
  CHECK(rig.looks() == 2);
  CHECK(rig.heartbeats == 2);
  CHECK(rig.post().kind == Kind::kStored);
}

TEST_CASE("table writer: a table that is there again is looked at twice, once", "[table_writer]") {
  Rig rig;
  const bool by_post = GENERATE(true, false);
  rig.clickhouse.has_table = false;
  if (by_post)
    CHECK(rig.post().code == 60);
  else
    CHECK(rig.writer->check_table(true).kind == TableOutcome::Kind::kFailed);
  rig.clickhouse.has_table = true;
  const TimePoint start = Clock::now();
  CHECK(rig.writer->check_table(true).kind == TableOutcome::Kind::kUnchanged);
  CHECK(Clock::now() - start >= kSecondLook);
  CHECK(rig.looks() == 3);
  CHECK(rig.heartbeats == 1);  // that of the start
  CHECK(rig.writer->check_table(true).kind == TableOutcome::Kind::kUnchanged);
  CHECK(rig.looks() == 4);
}

TEST_CASE("table writer: a table that is gone at the second look is absent", "[table_writer]") {
  Rig rig;
  rig.clickhouse.has_table = false;
  rig.writer->check_table(true);
  rig.clickhouse.has_table = true;
  rig.clickhouse.drops_table_after_look = true;
  CHECK(rig.writer->check_table(true).kind == TableOutcome::Kind::kFailed);
  CHECK(rig.looks() == 2);
  rig.clickhouse.has_table = true;
  rig.clickhouse.drops_table_after_look = false;
  CHECK(rig.writer->check_table(true).kind == TableOutcome::Kind::kUnchanged);
  CHECK(rig.looks() == 4);
}

// No look goes before a post there.
TEST_CASE(
    "table writer: a table that has become a Null table is noticed by a server that compares types",
    "[table_writer]") {
  Rig rig(true, false, milliseconds(0), /*is_new=*/true);
  CHECK(rig.post().kind == Kind::kStored);
  CHECK(rig.writer->deduplication().deduplicates);
  const std::string before = std::exchange(rig.clickhouse.engine, "Null\tNull");
  const InsertOutcome refused = rig.post();
  CHECK(refused.kind == Kind::kRefused);
  CHECK(refused.error_class == ErrorClass::kConfiguration);
  CHECK(refused.message.find("has the engine Null") != std::string::npos);
  CHECK(rig.writer->check_table(true).kind == TableOutcome::Kind::kFailed);
  rig.clickhouse.engine = "Memory\tMemory";
  CHECK(rig.writer->check_table(true).kind == TableOutcome::Kind::kUnchanged);
  const InsertOutcome stored = rig.post();
  CHECK_FALSE(stored.server.deduplicates);
  CHECK(stored.server.stored_in.durability == Durability::kMemory);
  rig.clickhouse.engine = before;
  CHECK(rig.post().server.deduplicates);
}

TEST_CASE("table writer: a fresh look is enough for many posts", "[table_writer]") {
  Rig rig(true, false, std::chrono::minutes(1), /*is_new=*/true);
  const std::size_t before = rig.requests();
  for (int i = 0; i < 3; ++i) CHECK(rig.post().kind == Kind::kStored);
  CHECK(rig.requests() == before + 3);
}

TEST_CASE("table writer: every outcome says what is known of the server", "[table_writer]") {
  Rig rig;
  CHECK(rig.post().server.version == "18.16.1");
  CHECK(rig.writer->check_table(true).server.version == "18.16.1");
  rig.clickhouse.is_away = true;
  CHECK(rig.post().server.version == "18.16.1");

  rig.clickhouse.is_away = false;
  rig.clickhouse.version = "26.7.1";
  rig.clickhouse.deduplicates = true;
  CHECK_FALSE(rig.writer->deduplication().deduplicates);
  const InsertOutcome stored = rig.post();
  CHECK(stored.kind == Kind::kStored);
  CHECK(stored.server.version == "26.7.1");
  CHECK(stored.server.deduplicates);
  CHECK(rig.writer->check_table(true).server.deduplicates);

  rig.clickhouse.is_away = true;
  const TableOutcome failed = rig.writer->check_table(true);
  CHECK(failed.kind == TableOutcome::Kind::kFailed);
  CHECK(failed.server.version == "26.7.1");
}

// Whoever writes a token down before the rows may have lost these when it was killed.
TEST_CASE("table writer: a token proves nothing to a server that was started after its post",
          "[table_writer]") {
  Rig rig(/*has_table=*/true, /*is_slow=*/false, std::chrono::minutes(1), /*is_new=*/true);
  const TimePoint posted_at = Clock::now() - std::chrono::seconds(60);
  SECTION("it was started since") {
    rig.clickhouse.started_at = posted_at + std::chrono::milliseconds(GENERATE(200, 30'000));
    const InsertOutcome outcome = rig.post_again(posted_at);
    CHECK(outcome.kind == Kind::kRefused);
    CHECK(outcome.is_token_void);
    CHECK(outcome.message.find("was started anew since it left an insert without an answer") !=
          std::string::npos);
    CHECK(rig.inserts() == 0);
  }
  SECTION("it was there before") {
    rig.clickhouse.started_at = posted_at - std::chrono::milliseconds(GENERATE(200, 30'000));
    CHECK(rig.post_again(posted_at).kind == Kind::kStored);
  }
  SECTION("it was started between question and post") {
    rig.clickhouse.starts_anew_for_insert = true;
    const InsertOutcome outcome = rig.post_again(posted_at);
    CHECK(outcome.kind == Kind::kRefused);
    CHECK(outcome.is_token_void);
    CHECK(rig.inserts() == 1);
  }
  SECTION("it went before it could be asked again") {
    rig.clickhouse.goes_after_insert = true;
    const InsertOutcome outcome = rig.post_again(posted_at);
    CHECK(outcome.kind == Kind::kUnknown);
    CHECK_FALSE(outcome.is_token_void);
  }
  SECTION("each post was answered, and it is not asked") {
    CHECK(rig.post().kind == Kind::kStored);
  }
  SECTION("a replicated table has token and rows at one moment, and it is not asked") {
    rig.clickhouse.engine = "ReplicatedMergeTree\tReplicatedMergeTree";
    REQUIRE(rig.writer->check_table(true).kind == TableOutcome::Kind::kUnchanged);
    CHECK(rig.post_again(posted_at).kind == Kind::kStored);
  }
  SECTION("it does not say, and nothing is sent") {
    rig.clickhouse.knows_uptime = false;
    const InsertOutcome outcome = rig.post_again(posted_at);
    CHECK(outcome.kind == Kind::kRefused);
    CHECK_FALSE(outcome.is_token_void);
    CHECK(rig.inserts() == 0);
  }
}

std::string columns_of(const std::vector<std::string>& names) {
  std::string columns;
  for (const std::string& name : names) columns += name + "\tString\t\t\n";
  return columns;
}

TEST_CASE("table writer: whether a table is made for click events is decided at the start",
          "[table_writer]") {
  const std::string all = columns_of(created_columns()), one = columns_of({"referrer"});
  FakeClickHouse clickhouse;
  FakeHttpServer server([&](const HttpRequest& request) { return clickhouse(request); });
  auto resolved = resolve_options({},
                                  {{"CLICKHOUSE_HOST", "127.0.0.1"},
                                   {"CLICKHOUSE_PORT", std::to_string(server.port())},
                                   {"CLICKHOUSE_PASSWORD", "first"}},
                                  {});
  REQUIRE(resolved.ok());
  const auto rejects = [](Result<Encoding> encoding) {
    RowBuffer rows;
    return encoding.value().encoder.encode(R"({"referrer":"x"})", rows).has_value();
  };
  for (const auto& [before, after] :
       {std::pair(all, all + "note\tString\t\t\n"), std::pair(one, all)}) {
    clickhouse.columns = before;
    auto writer = TableWriter::open(resolved.value().options, [] {});
    REQUIRE(writer.ok());
    CHECK(rejects(writer->encoding()) == (before == all));
    clickhouse.columns = after;
    REQUIRE(writer->check_table(true).kind == TableOutcome::Kind::kChanged);
    CHECK(rejects(writer->encoding()) == (before == all));
  }
}

}  // namespace
}  // namespace event_consumer
