#include "tests/demo/results.h"

#include <cstdio>
#include <string>

#include "tests/demo/print.h"
#include "tests/support/amqp_client.h"
#include "tests/support/click_events.h"

namespace event_consumer::testing {

namespace {

const std::string kFromTable = " FROM url_shortener.click_events ";

std::string header(const Message& message, const std::string& name) {
  const auto found = message.properties.headers.find("x-event-consumer-" + name);
  return found == message.properties.headers.end() ? "" : found->second;
}

void print_dead_letter(const Message& message) {
  const std::string column = header(message, "column");
  const std::string body = printable(message.body, TextKind::kAnyBytes, 90);
  std::printf("  %s%s\n    %s\n    body: %s\n", header(message, "reason").c_str(),
              column.empty() ? "" : (", column " + column).c_str(),
              printable(header(message, "error"), TextKind::kUtf8, 150).c_str(),
              body.empty() ? "(empty)" : body.c_str());
}

}  // namespace

void show_table(const Stage& stage) {
  const ClickhouseServer& clickhouse = stage.clickhouse();
  print_heading("In ClickHouse, table url_shortener.click_events:");
  print_counts(clickhouse.query("SELECT 'rows', count()" + kFromTable +
                                "UNION ALL SELECT 'short codes', uniqExact(short_code)" +
                                kFromTable));
  print_heading("Clicks per day:");
  print_counts(clickhouse.query("SELECT toDate(timestamp) AS day, count()" + kFromTable +
                                "GROUP BY day ORDER BY day"));
  print_heading("Top referrers:");
  print_counts(
      clickhouse.query("SELECT if(referrer = '', '(none)', referrer) AS source, "
                       "count() AS clicks" +
                       kFromTable + "GROUP BY source ORDER BY clicks DESC LIMIT 5"));
}

void show_dead_letters(const Stage& stage) {
  print_heading("In the dead-letter queue click_events.dead, and why:");
  // Without an acknowledgement all of them go back when this connection closes.
  AmqpClient client(stage.rabbitmq().url());
  if (!client.queue_exists("click_events.dead")) return;
  while (const auto message = client.get("click_events.dead", /*auto_ack=*/false)) {
    print_dead_letter(*message);
  }
}

bool check_counts(const Stage& stage, const Counts& counts) {
  const auto number = [&](const std::string& expression) {
    return std::stoull(stage.clickhouse().query("SELECT " + expression + kFromTable));
  };
  const std::uint64_t broken = broken_events();
  const std::uint64_t good = kDemoEvents - broken;
  const std::uint64_t stored = number("count()");
  const std::uint64_t distinct = number(std::string("uniqExact(") + kEventIdSql + ')');
  const bool right = stored == good && distinct == good && counts.dead_lettered == broken;
  print_heading(right ? "Every good event is stored once, every broken one is dead-lettered:"
                      : "THE NUMBERS DO NOT MATCH:");
  std::printf("  good   %s   stored        %s   distinct %s\n", grouped(good, 7).c_str(),
              grouped(stored, 7).c_str(), grouped(distinct, 7).c_str());
  std::printf("  broken %s   dead-lettered %s\n", grouped(broken, 7).c_str(),
              grouped(counts.dead_lettered, 7).c_str());
  std::fflush(stdout);
  return right;
}

}  // namespace event_consumer::testing
