#include "tests/support/schema_changes.h"

#include <algorithm>

#include "tests/support/click_events.h"
#include "tests/support/service.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

constexpr std::uint64_t kEvents = 60'000;
constexpr std::uint64_t kRowsBetween = 4'000;
constexpr std::uint64_t kBatchRows = 500;

std::string body_of(std::uint64_t id) {
  std::string body = ClickEvents().json_at(id);
  body.pop_back();
  const std::string number = std::to_string(id);
  return body + R"(, "note": "n)" + number + R"(", "amount": )" + number + "}";
}

class AlteredTable {
 public:
  AlteredTable(const TestTopology& topology, const ClickhouseEndpoint& clickhouse)
      : topology_(topology), clickhouse_(clickhouse) {}

  bool has(const std::string& column) const {
    return clickhouse_.query("SELECT count() FROM system.columns WHERE database = '" +
                             topology_.database() + "' AND table = 'click_events' AND name = '" +
                             column + "'") == "1\n";
  }

  // The publisher's columns of all rows in RowBinary; those that are gone are empty.
  std::string stored() const {
    std::string bytes;
    clickhouse_.query("SELECT " + text("short_code") + ", timestamp, " + text("user_agent") + ", " +
                          text("ip_address") + ", " + text("referrer") + ", " +
                          text("original_url") + " FROM " + topology_.table() + " ORDER BY " +
                          kEventIdSql + " FORMAT RowBinary",
                      [&](std::string_view piece) { bytes.append(piece); });
    return bytes;
  }

  std::string expected() const {
    const bool has_referrer = has("referrer");
    std::string bytes;
    for (std::uint64_t id = 0; id < kEvents; ++id) {
      ClickEvent event = ClickEvents().at(id);
      if (!has_referrer) event.referrer.clear();
      bytes += expected_row_binary(event);
    }
    return bytes;
  }

  std::uint64_t count(const std::string& condition) const {
    return std::stoull(
        clickhouse_.query("SELECT count() FROM " + topology_.table() + " WHERE " + condition));
  }

 private:
  std::string text(const std::string& column) const {
    return has(column) ? "assumeNotNull(" + column + ")" : "''";
  }

  const TestTopology& topology_;
  const ClickhouseEndpoint& clickhouse_;
};

}  // namespace

std::vector<std::string> alter_in_mid_drain(const TestTopology& topology,
                                            const ClickhouseEndpoint& clickhouse,
                                            const std::vector<std::string>& statements) {
  std::vector<std::string> faults;
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  publish_confirmed(client, topology, 0, kEvents, body_of);
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_BATCH_ROWS"] = std::to_string(kBatchRows);
  Service service(environment);
  if (!service.wait_consuming(2)) faults.push_back("the service did not start");
  const auto workers = service.workers();

  std::uint64_t seen = 0;
  std::uint64_t next = 0;
  for (const std::string& statement : statements) {
    // A slow machine sees late that it is time, and must not come too late for the last.
    next += kRowsBetween;
    const std::uint64_t wanted = std::max(next, seen + kBatchRows);
    wait_until([&] { return topology.rows() >= wanted; }, seconds(60));
    clickhouse.query("ALTER TABLE " + topology.table() + " " + statement);
    seen = topology.rows();
    if (seen >= kEvents) faults.push_back("all was stored before " + statement);
  }
  if (!wait_until([&] { return topology.distinct_events() == kEvents; }, seconds(120)))
    faults.push_back("stored of the events: " + std::to_string(topology.distinct_events()));

  const AlteredTable table(topology, clickhouse);
  if (table.stored() != table.expected()) faults.push_back("rows differ from what was published");
  if (table.has("note")) {
    const std::string as_published =
        std::string("note = concat('n', toString(") + kEventIdSql + "))";
    if (table.count(as_published) == 0) faults.push_back("the column note was never filled");
    if (table.count("note != '' AND NOT " + as_published) != 0)
      faults.push_back("the column note holds what was not published");
  }
  if (table.has("amount") && table.count(std::string("amount != ") + kEventIdSql) != 0)
    faults.push_back("the column amount holds what was not published");
  if (service.workers() != workers) faults.push_back("other workers than at the start");
  if (client.queue_exists(topology.dead_letter_queue()) &&
      client.message_count(topology.dead_letter_queue()) != 0)
    faults.push_back("there are dead letters");
  if (!faults.empty()) faults.push_back(service.log());
  return faults;
}

}  // namespace event_consumer::testing
