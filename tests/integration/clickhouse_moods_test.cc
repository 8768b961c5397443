// ClickHouse 18.16 in its moods: each refusal is made by the server itself. Nothing is lost or
// dead-lettered for it, the log says which it is, and when it ends nobody restarts anything.
#include "tests/support/catch.h"
#include "tests/support/changed_users.h"
#include "tests/support/flow.h"
#include "tests/support/free_port.h"
#include "tests/support/status_page.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

const Environment kAsWriter = {{"CLICKHOUSE_USER", kClickhouseUser},
                               {"CLICKHOUSE_PASSWORD", kClickhousePassword}};

// The rest of what users.xml says of kClickhouseUser, from its profile on.
std::string rights(const std::string& profile, const std::string& quota) {
  return "<profile>" + profile + "</profile>\n<quota>" + quota + "</quota>\n</" + kClickhouseUser +
         ">";
}

bool heals(Flow& flow) {
  const bool healed = flow.all_arrive(seconds(20));
  return healed && flow.dead_letters() == 0;
}

// A refusal with these words, and what is done about it.
bool waits_because(Flow& flow, const std::string& words) {
  return flow.wait_for_log(words) && flow.wait_for_log("nothing is lost");
}

}  // namespace

TEST_CASE("a quota is used up: the batch waits until there is more (201)") {
  Flow flow("quota", kAsWriter);
  ChangedUsers users(clickhouse(), rights("default", "default"), rights("default", "tight"));
  const ChangedUsers quotas(clickhouse(), "<quotas>",
                            "<quotas><tight><interval><duration>3600</duration><queries>1</queries>"
                            "</interval></tight>");
  flow.publish(1'000);
  CHECK(waits_because(flow, "Code: 201"));
  CHECK(flow.service().count_in_log("cut in halves") == 0);
  users.undo();
  CHECK(heals(flow));
}

TEST_CASE("the user may only read from now on: a pause, until he may insert again (164)") {
  Flow flow("read_only", kAsWriter);
  ChangedUsers users(clickhouse(), rights("default", "default"), rights("readonly", "default"));
  flow.publish();
  CHECK(waits_because(flow, "Code: 164"));
  CHECK(flow.service().count_in_log("→ give ClickHouse's user writer the right to insert") >= 1);
  users.undo();
  CHECK(heals(flow));
}

TEST_CASE("a materialized view fails: a pause that names it, and its batch is never cut") {
  Flow flow("view");
  const std::string view = flow.scene().database() + ".numbers";
  clickhouse().query("CREATE MATERIALIZED VIEW " + view +
                     " ENGINE = MergeTree() ORDER BY number AS SELECT toUInt64(user_agent) AS "
                     "number FROM " +
                     flow.scene().table());
  flow.publish(1'000);
  CHECK(waits_because(flow, "while pushing to view " + view));
  CHECK(flow.service().count_in_log("→ repair the view, or drop it") >= 1);
  CHECK(flow.service().count_in_log("cut in halves") == 0);
  clickhouse().query("DROP TABLE " + view);
  CHECK(heals(flow));
}

TEST_CASE("a code that is in no list is waited for, and counted (395)") {
  const int port = free_port();
  Flow flow("unknown_code",
            {{"EVENT_CONSUMER_STATUS_ADDRESS", "127.0.0.1:" + std::to_string(port)}});
  clickhouse().query("ALTER TABLE " + flow.scene().table() +
                     " ADD COLUMN checked UInt8 MATERIALIZED throwIf(length(user_agent) > 0)");
  flow.publish(1'000);
  CHECK(waits_because(flow, "Code: 395"));
  CHECK(wait_until(
      [&] {
        return get_status_page(port, "/metrics").content.find(R"(class="transient",code="395")") !=
               std::string::npos;
      },
      seconds(5)));
  CHECK(flow.service().count_in_log("cut in halves") == 0);
  clickhouse().query("ALTER TABLE " + flow.scene().table() + " DROP COLUMN checked");
  CHECK(heals(flow));
}

TEST_CASE("a wrong configuration that lasts: everything in hand is given back, once") {
  Flow flow("late_table", {{"EVENT_CONSUMER_HOLD_TIMEOUT", "3"}});
  clickhouse().query("RENAME TABLE " + flow.scene().table() + " TO " + flow.scene().table() +
                     "_aside");
  flow.publish();
  CHECK(waits_because(flow, "does not exist on ClickHouse"));
  AmqpClient client(rabbitmq().url());
  CHECK(wait_until([&] { return client.message_count(flow.scene().queue()) == 100; }, seconds(10)));
  CHECK(flow.service().count_in_log("everything in hand is given back") <= 2);
  clickhouse().query("RENAME TABLE " + flow.scene().table() + "_aside TO " + flow.scene().table());
  CHECK(heals(flow));
}

TEST_CASE("the database is dropped and made again") {
  Flow flow("database");
  const auto before = flow.published();
  const std::string create =
      clickhouse().query("SHOW CREATE TABLE " + flow.scene().table() + " FORMAT TabSeparatedRaw");
  clickhouse().query("DROP DATABASE " + flow.scene().database());
  flow.publish();
  CHECK(waits_because(flow, "does not exist on ClickHouse"));
  clickhouse().query("CREATE DATABASE " + flow.scene().database());
  clickhouse().query(create);
  CHECK(wait_until([&] { return flow.scene().distinct_events() == flow.published() - before; },
                   seconds(20)));
  CHECK(flow.dead_letters() == 0);
}

TEST_CASE("a table with too many columns for a URL is said to be one") {
  Scene scene("wide");
  scene.declare_topology();
  std::string columns;
  for (int i = 0; i < 1'000; ++i)
    columns += ", a_column_with_a_name_of_its_own_" + std::to_string(i) + " UInt8";
  clickhouse().query("CREATE DATABASE " + scene.database());
  clickhouse().query("CREATE TABLE " + scene.table() + " (short_code String" + columns +
                     ") ENGINE = MergeTree() ORDER BY short_code");
  Environment environment = scene.environment();
  environment["EVENT_CONSUMER_REQUIRED"] = "";
  Service service(environment);
  AmqpClient(rabbitmq().url()).publish(scene.exchange(), scene.queue(), R"({"short_code": "x"})");
  const bool said =
      wait_until([&] { return service.count_in_log("→ if the table has very many columns") >= 1; },
                 seconds(20));
  INFO(service.log());
  CHECK(said);
  CHECK(service.stop() == 0);
  CHECK(AmqpClient(rabbitmq().url()).message_count(scene.queue()) == 1);
  CHECK(run_program(environment, {"check"}).output.find("→ if the table has very many columns") !=
        std::string::npos);
}

TEST_CASE("the versions of both servers, and whether a repeated insert is noticed, are told") {
  const int port = free_port();
  Flow flow("versions", {{"EVENT_CONSUMER_STATUS_ADDRESS", "127.0.0.1:" + std::to_string(port)}});
  CHECK(flow.service().count_in_log("a repeated insert would not be noticed") == 2);
  const std::string status = get_status_page(port, "/status").content;
  INFO(status);
  CHECK(status.find(R"("clickhouse_version":"18.16.1")") != std::string::npos);
  CHECK(status.find(R"("rabbitmq_version":"3.)") != std::string::npos);
  CHECK(status.find(R"("table_deduplicates":false)") != std::string::npos);
}

}  // namespace event_consumer::testing
