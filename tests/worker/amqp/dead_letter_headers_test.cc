#include "worker/amqp/dead_letter_headers.h"

#include "tests/support/catch.h"
#include "worker/amqp/properties.h"
#include "worker/amqp/reply.h"

namespace event_consumer {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

constexpr std::time_t kNow = 1766139630;  // 2025-12-19T10:20:30Z
const Rejection kBad = {Reason::kBadValue, "timestamp", "timestamp: \"x\" is not a DateTime"};

const Pairs kOurs = {{"x-event-consumer-reason", "bad_value"},
                     {"x-event-consumer-error", "timestamp: \"x\" is not a DateTime"},
                     {"x-event-consumer-column", "timestamp"},
                     {"x-event-consumer-exchange", "url_shortener"},
                     {"x-event-consumer-routing-key", "click_events"},
                     {"x-event-consumer-time", "2025-12-19T10:20:30Z"}};

const amqp_basic_properties_t kNoProperties{};

Delivery delivery() {
  Delivery delivery;
  delivery.exchange = "url_shortener";
  delivery.routing_key = "click_events";
  return delivery;
}

// The entries that are texts.
Pairs texts(const amqp_table_t& table) {
  Pairs pairs;
  for (int i = 0; i < table.num_entries; ++i) {
    const amqp_table_entry_t& entry = table.entries[i];
    CHECK(entry.value.kind == AMQP_FIELD_KIND_UTF8);
    pairs.emplace_back(to_view(entry.key), to_view(entry.value.value.bytes));
  }
  return pairs;
}

// Properties of a message with these text headers.
class Message {
 public:
  explicit Message(const Pairs& headers) : headers_(headers) {
    for (const auto& [name, value] : headers_) {
      amqp_table_entry_t entry{};
      entry.key = to_bytes(name);
      entry.value.kind = AMQP_FIELD_KIND_UTF8;
      entry.value.value.bytes = to_bytes(value);
      entries_.push_back(entry);
    }
    properties_._flags = AMQP_BASIC_HEADERS_FLAG;
    properties_.headers = {static_cast<int>(entries_.size()), entries_.data()};
  }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  amqp_basic_properties_t* properties() { return &properties_; }
  amqp_table_entry_t& entry(std::size_t i) { return entries_.at(i); }

 private:
  Pairs headers_;
  std::vector<amqp_table_entry_t> entries_;
  amqp_basic_properties_t properties_{};
};

Pairs headers_of(Message& message) {
  const Delivery from = delivery();
  const DeadLetterHeaders headers(*message.properties(), from, kBad, kNow);
  return texts(headers.table());
}

TEST_CASE("dead-letter headers: say why, where and when", "[dead_letter_headers]") {
  const Delivery from = delivery();
  const DeadLetterHeaders headers(kNoProperties, from, kBad, kNow);
  CHECK(texts(headers.table()) == kOurs);
}

TEST_CASE("dead-letter headers: no column where the body as a whole is bad",
          "[dead_letter_headers]") {
  const Delivery from = delivery();
  const Rejection not_json = {Reason::kNotJson, "", "no JSON"};
  const DeadLetterHeaders headers(kNoProperties, from, not_json, kNow);
  const Pairs pairs = texts(headers.table());
  CHECK(pairs.size() == 5);
  for (const auto& [name, value] : pairs) CHECK(name != "x-event-consumer-column");
}

TEST_CASE("dead-letter headers: the event at fault of several is named", "[dead_letter_headers]") {
  const Delivery from = delivery();
  Rejection bad = kBad;
  bad.event = 12;
  const DeadLetterHeaders headers(kNoProperties, from, bad, kNow);
  CHECK(texts(headers.table())[3] ==
        std::pair<std::string, std::string>("x-event-consumer-event", "12"));
  CHECK(read_facts(headers.table()).event == "12");
}

TEST_CASE("dead-letter headers: the original ones are kept before ours", "[dead_letter_headers]") {
  Message message({{"trace-id", "abc"}, {"x-death-reason", "kept"}});
  Pairs expected = {{"trace-id", "abc"}, {"x-death-reason", "kept"}};
  expected.insert(expected.end(), kOurs.begin(), kOurs.end());
  CHECK(headers_of(message) == expected);
}

TEST_CASE("dead-letter headers: values of any kind are kept as they are", "[dead_letter_headers]") {
  Message message(Pairs{{"count", ""}});
  message.entry(0).value.kind = AMQP_FIELD_KIND_I64;
  message.entry(0).value.value.i64 = -7;
  const Delivery from = delivery();
  const DeadLetterHeaders headers(*message.properties(), from, kBad, kNow);
  const amqp_table_t table = headers.table();
  REQUIRE(table.num_entries == 7);
  CHECK(table.entries[0].value.kind == AMQP_FIELD_KIND_I64);
  CHECK(table.entries[0].value.value.i64 == -7);
}

TEST_CASE("dead-letter headers: CC and BCC would route a copy back", "[dead_letter_headers]") {
  Message message({{"CC", "click_events"}, {"BCC", "click_events"}});
  CHECK(headers_of(message) == kOurs);
}

TEST_CASE("dead-letter headers: what its queue counted is no other's", "[dead_letter_headers]") {
  Message message({{"x-delivery-count", "20"}, {"x-acquired-count", "20"}});
  CHECK(headers_of(message) == kOurs);
}

TEST_CASE("dead-letter headers: names that only look like them are kept", "[dead_letter_headers]") {
  Message message({{"cc", "x"}, {"CCC", "x"}, {"x-event-consumer", "x"}});
  CHECK(headers_of(message).size() == 3 + kOurs.size());
}

TEST_CASE("dead-letter headers: ours of an earlier time are replaced", "[dead_letter_headers]") {
  Message message({{"x-event-consumer-reason", "old"},
                   {"x-event-consumer-column", "old"},
                   {"x-event-consumer-something", "old"}});
  CHECK(headers_of(message) == kOurs);
}

TEST_CASE("dead-letter headers: a header table that is not there is not read",
          "[dead_letter_headers]") {
  amqp_basic_properties_t properties{};
  properties.headers = {1, nullptr};  // no flag says that it means anything
  const Delivery from = delivery();
  const DeadLetterHeaders headers(properties, from, kBad, kNow);
  CHECK(texts(headers.table()) == kOurs);
}

TEST_CASE("dead-letter headers: what was written is read again", "[dead_letter_headers]") {
  Message message(Pairs{{"trace", "abc"}});
  const Delivery from = delivery();
  const DeadLetterHeaders headers(*message.properties(), from, kBad, kNow);
  const DeadLetterFacts facts = read_facts(headers.table());
  CHECK(facts.reason == "bad_value");
  CHECK(facts.error == "timestamp: \"x\" is not a DateTime");
  CHECK(facts.column == "timestamp");
  CHECK(facts.exchange == "url_shortener");
  CHECK(facts.routing_key == "click_events");
  CHECK(facts.time == "2025-12-19T10:20:30Z");
  CHECK(facts.is_dead_letter);
}

TEST_CASE("dead-letter headers: of a message that we did not write nothing is known",
          "[dead_letter_headers]") {
  Message message({{"trace", "abc"}, {"x-event-consumer-reason", "5"}});
  message.entry(1).value.kind = AMQP_FIELD_KIND_I32;  // not a text
  const DeadLetterFacts facts = read_facts(message.properties()->headers);
  CHECK(facts.reason == "");
  CHECK(facts.exchange == "");
  CHECK(read_facts(amqp_empty_table).time == "");
  CHECK_FALSE(facts.is_dead_letter);
  // The broker writes a list; that it is there is enough.
  Message dead(Pairs{{"x-death", "expired"}});
  CHECK(read_facts(dead.properties()->headers).is_dead_letter);
}

TEST_CASE("dead-letter headers: without ours the original ones are left", "[dead_letter_headers]") {
  Message message({{"trace", "abc"}, {"x-death", "d"}});
  const Delivery from = delivery();
  const DeadLetterHeaders headers(*message.properties(), from, kBad, kNow);
  auto left = original_headers(headers.table());
  CHECK(texts({static_cast<int>(left.size()), left.data()}) ==
        Pairs{{"trace", "abc"}, {"x-death", "d"}});
  CHECK(original_headers(amqp_empty_table).empty());
}

std::size_t bytes_of(const DeadLetterHeaders& headers) {
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_HEADERS_FLAG;
  properties.headers = headers.table();
  return encode_properties(properties).size();
}

TEST_CASE("dead-letter headers: the longest original ones go when all together are too long",
          "[dead_letter_headers]") {
  Message message({{"trace", "abc"},
                   {"long", std::string(1000, 'x')},
                   {"longer", std::string(2000, 'x')},
                   {"count", "7"}});
  const Delivery from = delivery();
  DeadLetterHeaders headers(*message.properties(), from, kBad, kNow);
  const std::size_t before = bytes_of(headers);
  SECTION("no more than must") {
    headers.leave_out(500);
    CHECK(bytes_of(headers) <= before - 500);
    Pairs expected = {{"trace", "abc"}, {"long", std::string(1000, 'x')}, {"count", "7"}};
    expected.insert(expected.end(), kOurs.begin(), kOurs.end());
    expected.emplace_back("x-event-consumer-left-out", "longer");
    CHECK(texts(headers.table()) == expected);
  }
  SECTION("and several") {
    headers.leave_out(2500);
    CHECK(bytes_of(headers) <= before - 2500);
    CHECK(texts(headers.table()).back().second == "longer, long");
  }
  SECTION("and all, when that is not enough") {
    headers.leave_out(100'000);
    CHECK(texts(headers.table()).size() == kOurs.size() + 1);
    CHECK(texts(headers.table()).back().second == "longer, long, trace, count");
  }
}

TEST_CASE("dead-letter headers: what tells which were left out is not long itself",
          "[dead_letter_headers]") {
  Pairs many;
  for (int i = 0; i < 100; ++i) many.emplace_back("header-" + std::to_string(i), "some value");
  Message message(many);
  const Delivery from = delivery();
  DeadLetterHeaders headers(*message.properties(), from, kBad, kNow);
  const std::size_t before = bytes_of(headers);
  headers.leave_out(2000);
  CHECK(bytes_of(headers) <= before - 2000);
  CHECK(texts(headers.table()).back().second.size() <= 256);
}

}  // namespace
}  // namespace event_consumer
