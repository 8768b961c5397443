// Inserts go back to the first host when it has answered for a while.
#include "worker/clickhouse/failback.h"

#include <chrono>
#include <fstream>
#include <functional>

#include "common/resolve_options.h"
#include "tests/common/temporary_file.h"
#include "tests/fakes/captured_log.h"
#include "tests/fakes/eventually.h"
#include "tests/fakes/fake_http_server.h"
#include "tests/fakes/settlement_rig.h"
#include "tests/support/catch.h"
#include "worker/background.h"
#include "worker/clickhouse/table_writer.h"

namespace event_consumer {
namespace {

using std::chrono::seconds;
using testing::eventually;
using testing::FakeHttpServer;
using testing::http_answer;
using testing::HttpRequest;
using Kind = InsertOutcome::Kind;

constexpr std::chrono::milliseconds kFailback{150};

// A server of one table of a column.
struct Host {
  std::string operator()(const HttpRequest& request) {
    if (is_away) return "";
    if (!password.empty() &&
        request.headers.find("X-ClickHouse-Key: " + password + "\r\n") == std::string::npos)
      return http_answer(500, "Code: 193, e.displayText() = DB::Exception: Wrong password");
    const auto has = [&](const char* text) { return request.body.find(text) != std::string::npos; };
    if (has("INSERT")) {
      const bool has_rows = request.line.find("query_id") != std::string::npos;
      if (has_rows) ++posts;
      if (has_rows && !refusal.empty()) return http_answer(500, refusal);
      return http_answer(200);
    }
    if (has("SELECT version()")) return http_answer(200, version + "\n");
    if (has("CREATE TABLE")) ++creations;
    if (has("FROM system.tables"))
      return http_answer(200,
                         has_table ? "url_shortener\tclick_events\tMergeTree\tMergeTree\n" : "");
    if (has("SELECT name, type")) return http_answer(200, "a\t" + type + "\t\t\n");
    if (has("FROM system.formats"))
      return http_answer(200, reads_types ? "RowBinaryWithNamesAndTypes\n" : "");
    if (reads_types && has("table = 'formats'")) return http_answer(200, "formats.is_input\n");
    return http_answer(200);
  }

  std::atomic<bool> is_away{false};
  bool reads_types = false;
  std::string type = "String";
  std::string refusal;
  std::string password;  // empty: any will do
  std::string version = "18.16.1";
  bool has_table = true;
  std::atomic<int> posts{0};
  std::atomic<int> creations{0};
};

// A writer that began with the second of two hosts, as the first was away.
class Rig {
 public:
  explicit Rig(const std::function<void(Host& first, Host& second)>& prepare = nullptr,
               std::optional<Duration> failback = kFailback)
      : servers_{std::make_unique<FakeHttpServer>(std::ref(first)),
                 std::make_unique<FakeHttpServer>(std::ref(second))} {
    if (prepare) prepare(first, second);
    const auto host = [&](int i) { return "127.0.0.1:" + std::to_string(port(i)); };
    auto resolved = resolve_options({},
                                    {{"CLICKHOUSE_HOST", host(0) + "," + host(1)},
                                     {"CLICKHOUSE_FAILBACK", "off"},
                                     {"CLICKHOUSE_PASSWORD", "first"},
                                     {"CLICKHOUSE_PASSWORD_FILE", password_file_.path()},
                                     {"EVENT_CONSUMER_REQUIRED", ""}},
                                    {});
    if (!resolved) FAIL(resolved.error().message);
    first.is_away = true;
    auto opened = TableWriter::open(resolved->options, [] {}, {seconds(1), seconds(60), failback});
    if (!opened) FAIL(opened.error().message);
    writer.emplace(std::move(*opened));
  }
  ~Rig() {
    writer.reset();
    eventually([] { return background_calls() == 0; });
  }

  int port(int i) const { return servers_[static_cast<std::size_t>(i)]->port(); }
  // Inserts a batch of its own.
  InsertOutcome post() {
    Batch batch;
    testing::append(batch, {}, "\1x", 1, Clock::now(), writer->encoding()->format);
    batch.seal();
    return writer->post(batch);
  }
  bool waits_until_it_may_return() {
    return eventually([&] { return post().server.may_return; });
  }
  void write_password(const std::string& password) {
    std::ofstream(password_file_.path(), std::ios::trunc) << password;
  }
  bool is_at(int i, const ServerReport& server) const {
    return server.host == "127.0.0.1:" + std::to_string(port(i));
  }

  testing::CapturedLog log;
  Host first;
  Host second;
  std::optional<TableWriter> writer;

 private:
  testing::TemporaryFile password_file_{"first\n"};
  std::unique_ptr<FakeHttpServer> servers_[2];
};

TEST_CASE("failback: inserts go back to the first host, with the next look at the table",
          "[failback]") {
  Rig rig;
  const InsertOutcome before = rig.post();
  CHECK(rig.is_at(1, before.server));
  CHECK(before.server.host_reason.find("ClickHouse 127.0.0.1:" + std::to_string(rig.port(0))) == 0);
  const TimePoint back = Clock::now();
  rig.first.is_away = false;
  REQUIRE(rig.waits_until_it_may_return());
  CHECK(Clock::now() - back >= kFailback);
  CHECK(rig.first.posts == 0);
  CHECK(rig.post().server.host_reason.find("answers again") != std::string::npos);

  const TableOutcome looked = rig.writer->check_table(/*is_settled=*/true);
  CHECK(looked.kind == TableOutcome::Kind::kUnchanged);
  CHECK(rig.is_at(0, looked.server));
  CHECK(looked.server.host_reason.find("back from ClickHouse 127.0.0.1:") == 0);
  CHECK_FALSE(looked.server.may_return);
  CHECK(rig.log.lines_with("has answered for 1 s: inserts go back to it") == 1);
  CHECK(rig.is_at(0, rig.post().server));
  CHECK(rig.first.posts == 1);
}

TEST_CASE("failback: a host that has another password since stays in use once that is read",
          "[failback]") {
  Rig rig;
  rig.first.is_away = false;
  REQUIRE(rig.waits_until_it_may_return());
  CHECK(rig.is_at(0, rig.writer->check_table(true).server));
  rig.first.password = rig.second.password = "second";
  rig.write_password("second");
  const TableOutcome looked = rig.writer->check_table(true);
  CHECK(looked.kind == TableOutcome::Kind::kUnchanged);
  CHECK(rig.is_at(0, looked.server));
}

TEST_CASE("failback: a host that refuses the first insert gets no other for a while",
          "[failback]") {
  Rig rig([](Host& first, Host&) { first.refusal = "Code: 242, DB::Exception: read-only"; });
  rig.first.is_away = false;
  REQUIRE(rig.waits_until_it_may_return());
  rig.writer->check_table(true);
  const TimePoint before = Clock::now();
  const InsertOutcome outcome = rig.post();
  CHECK(outcome.kind == Kind::kStored);
  CHECK(rig.is_at(1, outcome.server));
  CHECK(rig.first.posts == 1);
  CHECK(outcome.server.host_reason.find("refused the first insert") != std::string::npos);
  REQUIRE(rig.waits_until_it_may_return());
  CHECK(Clock::now() - before >= 2 * kFailback);
  rig.first.refusal.clear();
  rig.writer->check_table(true);
  CHECK(rig.is_at(0, rig.post().server));
}

TEST_CASE("failback: a host that refused once it had stored is stayed with", "[failback]") {
  Rig rig;
  rig.first.is_away = false;
  REQUIRE(rig.waits_until_it_may_return());
  rig.writer->check_table(true);
  CHECK(rig.post().kind == Kind::kStored);
  rig.first.refusal = "Code: 242, DB::Exception: read-only";
  const InsertOutcome refused = rig.post();
  CHECK(refused.kind == Kind::kRefused);
  CHECK(rig.is_at(0, refused.server));
}

TEST_CASE("failback: a batch that may be stored on the first host goes back to it", "[failback]") {
  Rig rig;
  rig.first.is_away = false;
  REQUIRE(rig.waits_until_it_may_return());
  rig.writer->check_table(true);
  REQUIRE(rig.post().kind == Kind::kStored);
  rig.first.is_away = true;
  CHECK(rig.post().kind == Kind::kUnknown);
  rig.second.refusal = "Code: 252, DB::Exception: Too many parts";
  CHECK(rig.post().kind == Kind::kRefused);
  rig.first.is_away = false;
  REQUIRE(rig.waits_until_it_may_return());
  CHECK(rig.is_at(0, rig.writer->check_table(/*is_settled=*/false).server));
}

TEST_CASE("failback: one that may be stored on the other host stays there", "[failback]") {
  Rig rig([](Host&, Host& second) { second.refusal = "Code: 159, DB::Exception: Timeout"; });
  rig.first.is_away = false;
  REQUIRE(rig.waits_until_it_may_return());
  CHECK(rig.is_at(1, rig.writer->check_table(/*is_settled=*/false).server));
  CHECK(rig.is_at(0, rig.writer->check_table(/*is_settled=*/true).server));
}

TEST_CASE("failback: a host whose table has other columns gets nothing, and that is said",
          "[failback]") {
  Rig rig([](Host& first, Host&) { first.type = "UInt8"; });
  rig.first.is_away = false;
  REQUIRE(rig.waits_until_it_may_return());
  const TableOutcome looked = rig.writer->check_table(true);
  CHECK(rig.is_at(1, looked.server));
  CHECK_FALSE(looked.server.may_return);
  CHECK(looked.server.host_reason.find("has other columns") != std::string::npos);
  CHECK(rig.log.lines_with("inserts do not go back to the first host") == 1);
  CHECK(rig.first.posts == 0);
}

TEST_CASE("failback: off, inserts stay where they are", "[failback]") {
  Rig rig(nullptr, std::nullopt);
  rig.first.is_away = false;
  CHECK(background_calls() == 0);
  CHECK_FALSE(rig.post().server.may_return);
  rig.second.is_away = true;
  CHECK(rig.post().kind == Kind::kUnknown);
  CHECK(rig.is_at(0, rig.post().server));
}

TEST_CASE("failback: a host that went away again is not gone back to", "[failback]") {
  Rig rig;
  rig.first.is_away = false;
  REQUIRE(rig.waits_until_it_may_return());
  rig.first.is_away = true;
  CHECK(eventually([&] { return !rig.post().server.may_return; }));
  CHECK(rig.is_at(1, rig.writer->check_table(true).server));
}

// Else the old rows would be posted again and again.
TEST_CASE("failback: rows are encoded anew for a host that reads another format", "[failback]") {
  Rig rig([](Host& first, Host& second) {
    (GENERATE(true, false) ? first : second).reads_types = true;
  });
  rig.first.is_away = false;
  REQUIRE(rig.waits_until_it_may_return());
  const TableOutcome looked = rig.writer->check_table(true);
  REQUIRE(looked.kind == TableOutcome::Kind::kChanged);
  CHECK(looked.encoding->format->states_types == rig.first.reads_types);
  CHECK(rig.writer->check_table(true).kind == TableOutcome::Kind::kUnchanged);
  // So they are for the next one.
  rig.first.is_away = true;
  CHECK(rig.post().kind == Kind::kUnknown);
  const TableOutcome next = rig.writer->check_table(true);
  REQUIRE(next.kind == TableOutcome::Kind::kChanged);
  CHECK(next.encoding->format->states_types == rig.second.reads_types);
}

// Without a look at the table in between.
TEST_CASE("failback: hosts whose tables were all altered while they were away are used again",
          "[failback]") {
  Rig rig(nullptr, std::nullopt);
  rig.first.is_away = false;
  rig.second.is_away = true;
  CHECK(rig.post().kind == Kind::kUnknown);
  rig.second.is_away = false;
  rig.first.type = rig.second.type = "UInt8";
  const TableOutcome other = rig.writer->check_table(true);
  CHECK(other.kind == TableOutcome::Kind::kFailed);
  CHECK(other.message.find("has other columns") != std::string::npos);
  const bool by_post = GENERATE(true, false);
  if (by_post) CHECK(rig.post().kind == Kind::kStored);  // the server judges the rows
  const TableOutcome same = rig.writer->check_table(true);
  CHECK(same.kind == TableOutcome::Kind::kChanged);
  CHECK(rig.is_at(1, same.server));
  CHECK(rig.post().kind == Kind::kStored);
  rig.second.is_away = true;
  CHECK(rig.post().kind == Kind::kUnknown);
  CHECK(rig.writer->check_table(true).kind == TableOutcome::Kind::kUnchanged);
  CHECK(rig.is_at(0, rig.post().server));
}

TEST_CASE("failback: a table is not created anew on a host that has lost it", "[failback]") {
  Rig rig(nullptr, std::nullopt);
  const bool was_used = GENERATE(true, false);
  if (was_used) {
    rig.first.is_away = false;
    rig.second.is_away = true;
    CHECK(rig.post().kind == Kind::kUnknown);
    CHECK(rig.post().kind == Kind::kStored);
    rig.first.is_away = true;
    rig.second.is_away = false;
    CHECK(rig.post().kind == Kind::kUnknown);
  } else {
    rig.second.is_away = true;
    CHECK(rig.post().kind == Kind::kUnknown);
    rig.second.is_away = false;
    CHECK(rig.post().kind == Kind::kRefused);  // the first one is away
  }
  rig.second.has_table = false;
  CHECK(rig.post().kind == Kind::kRefused);
  CHECK(rig.second.creations == 0);
  rig.first.is_away = false;
  CHECK(rig.post().kind == Kind::kStored);
  CHECK(rig.is_at(0, rig.post().server));
}

}  // namespace
}  // namespace event_consumer
