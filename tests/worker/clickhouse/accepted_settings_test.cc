#include "worker/clickhouse/accepted_settings.h"

#include "common/text.h"
#include "tests/fakes/fake_http_server.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using testing::FakeHttpServer;
using testing::http_answer;
using testing::HttpRequest;

// Of a server that knows insert_quorum and insert_quorum_timeout, and has them at 0 where they do
// not arrive.
std::string answer(const HttpRequest& request, bool loses_settings) {
  if (contains(request.line, "insert_qourum") || contains(request.line, "fsync_after_insert"))
    return http_answer(404, "Code: 115. DB::Exception: Unknown setting\n");
  if (contains(request.line, "insert_quorum=many"))
    return http_answer(400, "Code: 72. DB::Exception: Cannot parse number\n");
  if (contains(request.line, "insert_quorum="))
    return http_answer(200, loses_settings ? "0\n" : "2\n");
  if (contains(request.body, "merge_tree_settings"))
    return http_answer(200, contains(request.body, "'fsync_") ? "fsync_after_insert\n" : "");
  return http_answer(200, "insert_deduplicate\ninsert_quorum\ninsert_quorum_timeout\n");
}

Result<InsertSettings> accepted(const InsertSettings& settings, bool loses_settings = false) {
  FakeHttpServer server(
      [&](const HttpRequest& request) { return answer(request, loses_settings); });
  ClickHouseServer named{"127.0.0.1", server.port(), "default", "", std::chrono::seconds(20)};
  named.settings = settings;
  ClickHouseHttp http(named);
  return read_accepted_settings(http);
}

TEST_CASE("accepted settings: one that the server knows", "[accepted_settings]") {
  CHECK(accepted({}).ok());
  const auto known = accepted({{"insert_quorum", "2"}});
  REQUIRE(known.ok());
  CHECK((known.value() == InsertSettings{{"insert_quorum", "2"}}));
}

TEST_CASE("accepted settings: one that is not known", "[accepted_settings]") {
  const auto unknown = accepted({{"insert_quorum", "2"}, {"insert_qourum", "2"}});
  REQUIRE_FALSE(unknown.ok());
  CHECK(unknown.error().kind == ErrorKind::kConfiguration);
  CHECK(contains(unknown.error().message, "--clickhouse-setting insert_qourum=2: ClickHouse "));
  CHECK(contains(unknown.error().message,
                 " does not know this setting: did you mean insert_quorum?"));
}

TEST_CASE("accepted settings: what is hidden from the user is not known", "[accepted_settings]") {
  FakeHttpServer server([](const HttpRequest& request) {
    if (contains(request.body, "merge_tree_settings"))
      return http_answer(403, "Code: 497. DB::Exception: readings: Not enough privileges");
    return answer(request, false);
  });
  ClickHouseServer named{"127.0.0.1", server.port(), "default", "", std::chrono::seconds(20)};
  named.settings = {{"insert_qourum", "2"}};
  ClickHouseHttp http(named);
  const auto unknown = read_accepted_settings(http);
  REQUIRE_FALSE(unknown.ok());
  CHECK(contains(unknown.error().message, "did you mean insert_quorum?"));
}

TEST_CASE("accepted settings: one of tables is none of inserts", "[accepted_settings]") {
  const auto unknown = accepted({{"fsync_after_insert", "1"}});
  REQUIRE_FALSE(unknown.ok());
  CHECK(
      unknown.error().message ==
      "--clickhouse-setting fsync_after_insert=1: it is a setting of tables, and none of inserts: "
      "ALTER TABLE … MODIFY SETTING fsync_after_insert");
}

TEST_CASE("accepted settings: a value is refused in the words of the server",
          "[accepted_settings]") {
  const auto refused = accepted({{"insert_quorum", "many"}});
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::kConfiguration);
  CHECK(refused.error().peer_code == 72);
  CHECK(contains(refused.error().message, "--clickhouse-setting insert_quorum=many: "));
  CHECK(contains(refused.error().message, "Cannot parse number"));
}

// ClickHouse 18.16 says nothing.
TEST_CASE("accepted settings: a word that becomes 0 is no good, unless it means that",
          "[accepted_settings]") {
  CHECK_FALSE(accepted({{"insert_quorum", "several"}}, /*loses_settings=*/true).ok());
  CHECK_FALSE(accepted({{"insert_quorum", "on"}}, /*loses_settings=*/true).ok());
  CHECK(accepted({{"insert_quorum", "off"}}, /*loses_settings=*/true).ok());
  CHECK(accepted({{"insert_quorum", "auto"}}).ok());
}

TEST_CASE("accepted settings: one that a proxy drops is no good", "[accepted_settings]") {
  const auto lost = accepted({{"insert_quorum", "2"}}, /*loses_settings=*/true);
  REQUIRE_FALSE(lost.ok());
  CHECK(contains(lost.error().message, " as 0: correct it, or have the proxy before it pass on"));
}

}  // namespace
}  // namespace event_consumer
