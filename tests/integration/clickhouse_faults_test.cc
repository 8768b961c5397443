// ClickHouse 18.16 in its moods: each refusal is made by the server itself. Nothing is lost or
// dead-lettered for it, the log says which it is, and when it ends nobody restarts anything.
#include "tests/support/catch.h"
#include "tests/support/changed_users.h"
#include "tests/support/free_port.h"
#include "tests/support/running_service.h"
#include "tests/support/status_page.h"
#include "tests/support/tcp_proxy.h"
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

bool heals(RunningService& running) {
  const bool healed = running.all_arrive(seconds(20));
  return healed && running.dead_letters() == 0;
}

std::string bad_event() {
  ClickEvent event = ClickEvents().at(1'000'000);
  event.user_agent = "bad";
  return to_json(event);
}

// A refusal with these words, and what is done about it.
bool waits_because(RunningService& running, const std::string& words) {
  return running.wait_for_log(words) && running.wait_for_log("nothing is lost");
}

}  // namespace

TEST_CASE("a quota is used up: the batch waits until there is more (201)") {
  RunningService running("quota", kAsWriter);
  ChangedUsers users(clickhouse(), rights("default", "default"), rights("default", "tight"));
  const ChangedUsers quotas(clickhouse(), "<quotas>",
                            "<quotas><tight><interval><duration>3600</duration><queries>1</queries>"
                            "</interval></tight>");
  running.publish(1'000);
  CHECK(waits_because(running, "Code: 201"));
  CHECK(running.service().count_in_log("cut in halves") == 0);
  users.undo();
  CHECK(heals(running));
}

// 18.16 takes 17 MB for a single row: its buffers for six columns. Below that nothing is ever
// stored.
TEST_CASE("a batch that never fits the memory limit is cut until its parts do (241)") {
  constexpr std::uint64_t kLarge = 4'000;
  RunningService running("memory", kAsWriter);
  const ChangedUsers profiles(clickhouse(), "<profiles>\n",
                              "<profiles>\n<tight><max_memory_usage>24000000</max_memory_usage>"
                              "</tight>\n");
  const ChangedUsers users(clickhouse(), rights("default", "default"), rights("tight", "default"));
  const std::uint64_t before = running.published();
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  publish_confirmed(client, running.topology(), before, before + kLarge, [](std::uint64_t id) {
    ClickEvent event = ClickEvents().at(id);
    event.user_agent = std::string(4'000, 'x');
    return to_json(event);
  });
  CHECK(waits_because(running, "Code: 241"));
  CHECK(running.wait_for_log("cut in halves"));
  CHECK(wait_until([&] { return running.topology().distinct_events() == before + kLarge; },
                   seconds(60)));
  INFO(running.service().log());
  CHECK(running.topology().rows() == before + kLarge);
  CHECK(running.dead_letters() == 0);
}

TEST_CASE("the user may only read from now on: a pause, until he may insert again (164)") {
  RunningService running("read_only", kAsWriter);
  ChangedUsers users(clickhouse(), rights("default", "default"), rights("readonly", "default"));
  running.publish();
  CHECK(waits_because(running, "Code: 164"));
  CHECK(running.service().count_in_log("→ give ClickHouse's user writer the right to insert") >= 1);
  users.undo();
  CHECK(heals(running));
}

TEST_CASE(
    "a materialized view fails for one row of many: the row is found, the others are stored") {
  RunningService running("view");
  const std::string table = running.topology().table();
  const std::string view = running.topology().database() + ".checked";
  clickhouse().query("CREATE MATERIALIZED VIEW " + view +
                     " ENGINE = MergeTree() ORDER BY short_code AS SELECT short_code, "
                     "throwIf(user_agent = 'bad') AS checked FROM " +
                     table);
  running.publish_rubbish(bad_event());
  running.publish(1'000);
  CHECK(running.wait_for_log("while pushing to view " + view));
  CHECK(wait_until([&] { return running.dead_letters() == 1; }, seconds(30)));
  CHECK(
      wait_until([&] { return clickhouse().query("SELECT count() >= 1000 FROM " + view) == "1\n"; },
                 seconds(10)));
  CHECK(running.topology().distinct_events() >= 1'100);
  CHECK(running.service().count_in_log("repair the view, or drop it") >= 1);
}

TEST_CASE("a materialized view fails for every row: nothing is dead-lettered for it") {
  RunningService running("view_of_all");
  const std::string view = running.topology().database() + ".numbers";
  clickhouse().query("CREATE MATERIALIZED VIEW " + view +
                     " ENGINE = MergeTree() ORDER BY number AS SELECT toUInt64(user_agent) AS "
                     "number FROM " +
                     running.topology().table());
  running.publish(100);
  CHECK(waits_because(running, "while pushing to view " + view));
  clickhouse().query("DROP TABLE " + view);
  CHECK(wait_until([&] { return running.topology().distinct_events() == 200; }, seconds(60)));
  CHECK(running.dead_letters() == 0);
}

TEST_CASE("a code in no list that all rows meet is waited for, and counted (395)") {
  const int port = free_port();
  RunningService running("unknown_code",
                         {{"EVENT_CONSUMER_STATUS_ADDRESS", "127.0.0.1:" + std::to_string(port)}});
  clickhouse().query("ALTER TABLE " + running.topology().table() +
                     " ADD COLUMN checked UInt8 MATERIALIZED throwIf(length(user_agent) > 0)");
  running.publish(1'000);
  CHECK(waits_because(running, "Code: 395"));
  CHECK(wait_until(
      [&] {
        return get_status_page(port, "/metrics").content.find(R"(class="unclear",code="395")") !=
               std::string::npos;
      },
      seconds(5)));
  CHECK(running.wait_for_log("cut in halves"));
  clickhouse().query("ALTER TABLE " + running.topology().table() + " DROP COLUMN checked");
  CHECK(running.all_arrive(seconds(60)));
  CHECK(running.dead_letters() == 0);
}

TEST_CASE("a row with a code in no list costs itself only (395 of throwIf)") {
  RunningService running("throw_if");
  clickhouse().query("ALTER TABLE " + running.topology().table() +
                     " ADD COLUMN checked UInt8 MATERIALIZED throwIf(user_agent = 'bad')");
  running.publish(500);
  running.publish_rubbish(bad_event());
  running.publish(500);
  CHECK(running.all_arrive(seconds(30)));
}

// 18.16 says so with the code for logical errors of its own.
TEST_CASE("a row with a value that no Enum has costs itself only (49)") {
  RunningService running("enum");
  clickhouse().query("ALTER TABLE " + running.topology().table() +
                     " ADD COLUMN kind Enum8('good' = 1) DEFAULT CAST(user_agent = 'bad' ? "
                     "'unknown' : 'good' AS Enum8('good' = 1))");
  running.publish(500);
  running.publish_rubbish(bad_event());
  running.publish(500);
  CHECK(running.all_arrive(seconds(30)));
}

TEST_CASE(
    "an event that is refused alone waits for the next that is stored, and is ready meanwhile") {
  const int port = free_port();
  RunningService running("lone",
                         {{"EVENT_CONSUMER_STATUS_ADDRESS", "127.0.0.1:" + std::to_string(port)}});
  clickhouse().query("ALTER TABLE " + running.topology().table() +
                     " ADD COLUMN checked UInt8 MATERIALIZED throwIf(user_agent = 'bad')");
  running.publish_rubbish(bad_event());
  CHECK(running.wait_for_log("the event is kept, neither stored nor dead-lettered"));
  CHECK(running.dead_letters() == 0);
  CHECK(wait_until([&] { return get_status_page(port, "/readyz").status == 200; }, seconds(10)));
  running.publish(1);
  CHECK(running.all_arrive(seconds(20)));
  CHECK(wait_until([&] { return get_status_page(port, "/readyz").status == 200; }, seconds(10)));
}

TEST_CASE("an instance is ready as soon as a refused row has been dealt with") {
  const int port = free_port();
  RunningService running("ready",
                         {{"EVENT_CONSUMER_STATUS_ADDRESS", "127.0.0.1:" + std::to_string(port)}});
  const auto judge = GENERATE(as<std::string>(), "throwIf(user_agent = 'bad')",
                              "toUInt8(user_agent = 'bad' ? user_agent : '1')");
  clickhouse().query("ALTER TABLE " + running.topology().table() +
                     " ADD COLUMN checked UInt8 MATERIALIZED " + judge);
  running.publish_rubbish(bad_event());
  running.publish(10);
  CHECK(running.all_arrive(seconds(20)));
  // Nothing more is inserted.
  const std::string failing = "\"insert_failing\":true";
  CHECK(wait_until(
      [&] { return get_status_page(port, "/status").content.find(failing) == std::string::npos; },
      seconds(3)));
  CHECK(get_status_page(port, "/readyz").status == 200);
  const std::string metrics = get_status_page(port, "/metrics").content;
  CHECK(metrics.find("\nevent_consumer_ready 1\n") != std::string::npos);
}

TEST_CASE("a wrong configuration that lasts: everything in hand is given back, once") {
  RunningService running("late_table", {{"EVENT_CONSUMER_HOLD_TIMEOUT", "3"}});
  clickhouse().query("RENAME TABLE " + running.topology().table() + " TO " +
                     running.topology().table() + "_aside");
  running.publish();
  CHECK(waits_because(running, "does not exist on ClickHouse"));
  AmqpClient client(rabbitmq().url());
  CHECK(wait_until([&] { return client.message_count(running.topology().queue()) == 100; },
                   seconds(10)));
  CHECK(running.service().count_in_log("everything in hand is given back") <= 2);
  clickhouse().query("RENAME TABLE " + running.topology().table() + "_aside TO " +
                     running.topology().table());
  CHECK(heals(running));
}

TEST_CASE("the database is dropped and made again") {
  RunningService running("database");
  const auto before = running.published();
  const std::string create = running.topology().create_statement();
  clickhouse().query("DROP DATABASE " + running.topology().database());
  running.publish();
  CHECK(waits_because(running, "does not exist on ClickHouse"));
  clickhouse().query("CREATE DATABASE " + running.topology().database());
  running.topology().create_in_place(create);
  CHECK(wait_until(
      [&] { return running.topology().distinct_events() == running.published() - before; },
      seconds(20)));
  CHECK(running.dead_letters() == 0);
}

namespace {

// Inserts of many rows take seconds from here on; neither column may sleep for more than 3 s. Of
// two equal expressions only one would.
void slow_down(const RunningService& running) {
  for (const std::string seconds : {"0.019", "0.02"})
    clickhouse().query("ALTER TABLE " + running.topology().table() + " ADD COLUMN `" + seconds +
                       "` UInt8 MATERIALIZED sleepEachRow(" + seconds + ")");
}

}  // namespace

// 18.16 cannot tell a repeated insert, and goes on with one whose client has hung up.
TEST_CASE("an insert that takes longer than the time-out is waited for, and stored once") {
  RunningService running("slow_table", {{"CLICKHOUSE_TIMEOUT", "1"}});
  slow_down(running);
  running.publish(140);
  CHECK(running.wait_for_log("still works on an insert after the time-out of 1 s"));
  CHECK(running.all_arrive(seconds(40)));
  CHECK(running.service().stop() == 0);
  INFO(running.service().log());
  CHECK(running.topology().rows() == running.published());
  CHECK(running.service().count_in_log("may be stored twice") == 0);
  CHECK(AmqpClient(rabbitmq().url()).message_count(running.topology().queue()) == 0);
}

TEST_CASE("a link that breaks during an insert: no second copy runs beside the first (216)") {
  TcpProxy proxy(clickhouse().http_port());
  RunningService running("slow_link", {{"CLICKHOUSE_TIMEOUT", "1"},
                                       {"CLICKHOUSE_HOST", "127.0.0.1"},
                                       {"CLICKHOUSE_PORT", std::to_string(proxy.port())}});
  slow_down(running);
  running.publish(140);
  CHECK(running.wait_for_log("still works on an insert after the time-out of 1 s"));
  proxy.fall_silent();
  proxy.speak();
  CHECK(running.wait_for_log("still works on the insert, posted before: HTTP 500, Code: 216"));
  CHECK(running.all_arrive(seconds(40)));
  CHECK(running.service().stop() == 0);
  INFO(running.service().log());
  CHECK(running.service().count_in_log(" rows may be stored twice; nothing is lost") >= 1);
  CHECK(running.topology().distinct_events() == running.published());
  CHECK(running.topology().rows() <= running.published() + 140);
}

TEST_CASE("the versions of both servers, and whether a repeated insert is noticed, are told") {
  const int port = free_port();
  RunningService running("versions",
                         {{"EVENT_CONSUMER_STATUS_ADDRESS", "127.0.0.1:" + std::to_string(port)}});
  CHECK(running.service().count_in_log("a repeated insert would not be noticed") == 2);
  const std::string status = get_status_page(port, "/status").content;
  INFO(status);
  CHECK(status.find(R"("clickhouse_version":"18.16.1")") != std::string::npos);
  CHECK(status.find(R"("rabbitmq_version":")" + rabbitmq().version() + '"') != std::string::npos);
  CHECK(status.find(R"("table_deduplicates":false)") != std::string::npos);
}

}  // namespace event_consumer::testing
