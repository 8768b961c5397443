// The main job on real servers: every good event becomes one row, byte for byte, and every broken
// one a dead letter with its reason.
#include <map>
#include <sstream>
#include <string>
#include <utility>

#include "tests/support/accounting.h"
#include "tests/support/catch.h"
#include "tests/support/click_events.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

constexpr std::uint64_t kEvents = 200'000;
constexpr std::uint64_t kEveryBroken = 1000;

bool is_broken(std::uint64_t id) { return id % kEveryBroken == kEveryBroken - 1; }

BrokenKind kind_of(std::uint64_t id) {
  return kAllBrokenKinds[(id / kEveryBroken) % kAllBrokenKinds.size()];
}

const char* expected_reason(BrokenKind kind) {
  switch (kind) {
    case BrokenKind::kNotJson:
    case BrokenKind::kEmptyBody:
      return "not_json";
    case BrokenKind::kArray:
      return "no_events";
    case BrokenKind::kMissingField:
      return "missing_field";
    case BrokenKind::kWrongType:
      return "bad_value";
    case BrokenKind::kDateOf1960:
      return "out_of_range";
    case BrokenKind::kInvalidUtf8:
      return "invalid_utf8";
  }
  return "";
}

// Compares a stream of rows with the rows expected, from good event to good event.
class RowComparison {
 public:
  explicit RowComparison(const ClickEvents& events) : events_(events) {}

  void receive(std::string_view piece) {
    pending_.append(piece);
    while (same_ && next_ < kEvents) {
      if (is_broken(next_)) {
        ++next_;
        continue;
      }
      const std::string expected = expected_row_binary(events_.at(next_));
      if (pending_.size() - at_ < expected.size()) break;
      same_ = pending_.compare(at_, expected.size(), expected) == 0;
      if (!same_) return;
      at_ += expected.size();
      ++next_;
    }
    pending_.erase(0, at_);
    at_ = 0;
  }

  // True when exactly the rows expected have come.
  bool complete() const { return same_ && pending_.empty() && rest_is_broken(); }
  std::uint64_t next() const { return next_; }

 private:
  bool rest_is_broken() const {
    for (std::uint64_t id = next_; id < kEvents; ++id)
      if (!is_broken(id)) return false;
    return true;
  }

  const ClickEvents& events_;
  std::string pending_;
  std::size_t at_ = 0;
  std::uint64_t next_ = 0;
  bool same_ = true;
};

using DeadLetters = std::multimap<std::string, std::map<std::string, std::string>>;

// Body and headers of everything in the dead-letter queue.
DeadLetters take_dead_letters(const TestTopology& topology) {
  DeadLetters letters;
  AmqpClient client(rabbitmq().url());
  while (auto message = client.get(topology.dead_letter_queue()))
    letters.emplace(message->body, message->properties.headers);
  return letters;
}

}  // namespace

TEST_CASE("200 000 events: the good ones are stored once each, the broken ones dead-lettered") {
  TestTopology topology("main_path");
  topology.declare_topology();
  const ClickEvents events(7, Content::kNasty);
  const WireTap tap(rabbitmq().port());
  Environment environment = topology.environment();
  environment["RABBITMQ_URL"] = tap.url();
  Service service(environment);

  AmqpClient publisher(rabbitmq().url());
  publisher.enable_confirms();
  publish_confirmed(publisher, topology, 0, kEvents, [&](std::uint64_t id) {
    return is_broken(id) ? broken_message(kind_of(id), id) : events.json_at(id);
  });

  const std::uint64_t broken = kEvents / kEveryBroken;
  AmqpClient observer(rabbitmq().url());
  CHECK(wait_until(
      [&] {
        return topology.rows() >= kEvents - broken &&
               observer.message_count(topology.dead_letter_queue()) >= broken;
      },
      seconds(60)));

  RowComparison comparison(events);
  clickhouse().query(
      "SELECT * FROM " + topology.table() + " ORDER BY " + kEventIdSql + " FORMAT RowBinary",
      [&](std::string_view piece) { comparison.receive(piece); });
  INFO("first row that differs: event " << comparison.next());
  CHECK(comparison.complete());

  CHECK(wait_until([&] { return rabbitmq().queue_counts(topology.queue()).unacknowledged == 0; },
                   seconds(10)));
  CHECK(service.stop() == 0);
  check_accounting(service, topology, tap);

  const DeadLetters letters = take_dead_letters(topology);
  CHECK(letters.size() == broken);
  std::map<std::pair<std::string, std::string>, int> found, expected;
  for (const auto& [body, headers] : letters) {
    ++found[{body, headers.at("x-event-consumer-reason")}];
    CHECK_FALSE(headers.at("x-event-consumer-error").empty());
    CHECK(headers.at("x-event-consumer-exchange") == topology.exchange());
    CHECK(headers.at("x-event-consumer-routing-key") == topology.queue());
    CHECK(headers.at("x-event-consumer-time").back() == 'Z');
  }
  for (std::uint64_t id = 0; id < kEvents; ++id) {
    if (!is_broken(id)) continue;
    ++expected[{broken_message(kind_of(id), id), expected_reason(kind_of(id))}];
  }
  CHECK(found == expected);
}

}  // namespace event_consumer::testing
