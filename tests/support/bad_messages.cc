#include "tests/support/bad_messages.h"

#include <algorithm>
#include <map>

#include "common/text.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

constexpr int kGoodBetween = 100;

// The keys of a good message but `id`, which «extra» members may follow: the last of a key counts.
std::string event(const std::string& extra, const std::string& id = "1") {
  return "{\"id\": " + id + R"(, "digits": "7", "date": "2024-05-06")" +
         (extra.empty() ? "" : ", " + extra) + "}";
}

std::string nested(int depth, const std::string& open, const std::string& close) {
  std::string text;
  for (int i = 0; i < depth; ++i) text += open;
  for (int i = 0; i < depth; ++i) text += close;
  return text;
}

MessageProperties with_headers(int count, std::size_t bytes) {
  MessageProperties properties;
  for (int i = 0; i < count; ++i)
    properties.headers["h" + std::to_string(i)] = std::string(bytes, 'x');
  return properties;
}

MessageProperties with_odd_header(char kind) {
  MessageProperties properties;
  properties.odd_header = kind;
  return properties;
}

std::vector<BadMessage> bad_bodies() {
  std::string nul = event("");
  nul.insert(nul.size() - 1, 1, '\0');
  return {
      {"nothing", "", "not_json", "empty"},
      {"blanks only", " \r\n\t", "not_json", "empty"},
      {"no JSON", "id=1&note=x", "not_json", "Invalid value at byte 0"},
      {"truncated", event("").substr(0, 20), "not_json", "at byte 20"},
      {"truncated in an escape", R"({"id": 1, "note": "\u00)", "not_json", "at byte"},
      {"an event and half of one", event("") + R"({"id":)", "not_json",
       "(event 1, counted from 0)"},
      {"an event and no other", event("") + "]", "not_json", "no JSON object at byte"},
      {"a comma too many", R"({"id": 1,})", "not_json", "at byte 9"},
      {"a comment", R"({"id": 1 /* one */})", "not_json", "at byte"},
      {"single quotes", "{'id': 1}", "not_json", "at byte 1"},
      {"NaN", event(R"("real": NaN)"), "not_json", "Invalid value"},
      {"Infinity", event(R"("real": -Infinity)"), "not_json", "Invalid value"},
      {"a leading zero", event(R"("small": 007)"), "not_json", "at byte"},
      {"a raw line break in a string", event("\"note\": \"a\nb\""), "not_json",
       "a control character in a string"},
      {"a NUL between members", nul, "not_json", "at byte"},
      {"a list without events", " [ ]\n", "no_events", "has no events"},
      {"a list in a list", "[[" + event("") + "]]", "not_an_object", "(event 0, counted from 0)"},
      {"a list with a number in it", "[" + event("") + ",7]", "not_an_object", "(event 1"},
      {"a list without its end", "[" + event(""), "not_json", "(event 1"},
      {"two lists", "[" + event("") + "][]", "not_json", "something follows the array"},
      {"a number", "42", "not_an_object", "not a JSON object"},
      {"null", "null", "not_an_object", "not a JSON object"},
      {"gzip", std::string("\x1f\x8b\x08\0\0\0\0\0\0\3", 10), "invalid_utf8", "gzip"},
      {"zstd", std::string("\x28\xb5\x2f\xfd\0\0", 6), "invalid_utf8", "zstd"},
      {"a byte order mark alone", "\xef\xbb\xbf", "not_json", "empty"},
      {"a byte order mark after the event", event("") + "\xef\xbb\xbf", "not_json", "at byte 46"},
      {"UTF-16", std::string("\xff\xfe{\0}\0", 6), "invalid_utf8", "UTF-16"},
      {"Latin-1", event("\"note\": \"caf\xe9\""), "invalid_utf8", "invalid UTF-8 at byte"},
      {"half a surrogate pair", event(R"("note": "\ud800")"), "invalid_utf8", "surrogate"},
      {"an overlong form", event("\"note\": \"\xc0\xaf\""), "invalid_utf8", "at byte"},
      {"too deep in a key of ours", event("\"note\": " + nested(70, "[", "]")), "too_deep", "64"},
      {"too deep in a foreign key", event("\"x\": " + nested(50'000 / 16, R"({"a":)", "}")),
       "too_deep", "64"},
      {"too large", event("\"note\": \"" + std::string(100'000, 'x') + "\""), "too_large", "65"},
  };
}

std::vector<BadMessage> bad_values() {
  return {
      {"no known key", R"({"Zweck": "x"})", "no_known_key", "none of the event's keys"},
      {"no known key in one of several", event("") + R"({"Zweck": "x"})", "no_known_key",
       "(event 1"},
      {"a required key is missing", R"({"note": "x"})", "missing_field", "id"},
      {"a required key is null", event("", "null"), "missing_field", "id"},
      {"null at last under a double key", event(R"("id": null)"), "missing_field", "id"},
      {"a text for a number", event("", R"("one")"), "bad_value", "id"},
      {"a bad event in a list", "[" + event("") + "," + event(R"("small": 128)") + "]",
       "out_of_range", "(event 1, counted from 0)"},
      {"a bad event in a line", event("") + "\n" + event("", R"("one")") + "\n" + event(""),
       "bad_value", "(event 1, counted from 0)"},
      {"a fraction for an integer", event(R"("small": 1.5)"), "bad_value", "small"},
      {"a list for a string", event(R"("list": "1")"), "bad_value", "list"},
      {"an object in a list", event(R"("list": [1, {}])"), "bad_value", "list"},
      {"no date", event(R"("day": "tomorrow")"), "bad_value", "day"},
      {"no time", event(R"("at": "25:99")"), "bad_value", "at"},
      {"no such member of an Enum", event(R"("kind": "c")"), "bad_value", "kind"},
      {"no UUID", event(R"("uuid": "1234")"), "bad_value", "uuid"},
      {"out of range by one", event(R"("small": 128)"), "out_of_range", "small"},
      {"out of range by far", event("", "1" + std::string(60, '0')), "out_of_range", "id"},
      {"negative for unsigned", event("", "-1"), "out_of_range", "id"},
      {"a day after all days", event(R"("day": "9999-12-31")"), "out_of_range", "day"},
      {"too long for FixedString", event(R"("code": "12345")"), "out_of_range", "code"},
  };
}

// The body is wrong in one way only; what is odd are the headers, which the dead letter keeps as
// far as they fit.
std::vector<BadMessage> odd_headers() {
  std::vector<BadMessage> messages;
  for (const char kind : std::string("tbBsuIilfdDSATFVx"))
    messages.push_back({std::string("a header of the kind ") + kind, "no JSON", "not_json",
                        "Invalid value", with_odd_header(kind)});
  // The broker takes frames of 131 072 bytes.
  messages.push_back({"a header as long as a frame", "no JSON", "not_json", "Invalid value",
                      with_headers(1, 130'900)});
  messages.push_back(
      {"a thousand headers", "no JSON", "not_json", "Invalid value", with_headers(1000, 100)});
  MessageProperties named = with_headers(1, 10);
  named.headers["x-event-consumer-reason"] = "bad_value";
  named.headers["x-death"] = "often";
  messages.push_back(
      {"headers that bear our names", "no JSON", "not_json", "Invalid value", named});
  return messages;
}

// What the encoder passes and ClickHouse refuses.
std::vector<BadMessage> judged_messages(JudgedBy server) {
  std::vector<BadMessage> messages = {
      {"a MATERIALIZED number fails", event(R"("digits": "seven")"), "refused_by_clickhouse",
       "Code: 6"},
      {"a MATERIALIZED date fails", event(R"("date": "some day")"), "refused_by_clickhouse",
       "Code: "},
      {"throwIf throws", event(R"("note": "thrown")"), "refused_by_clickhouse", "Code: 395"},
      {"a MATERIALIZED Enum has no such member", event(R"("note": "nowhere")"),
       "refused_by_clickhouse", server == JudgedBy::k18 ? "Code: 49" : "Code: 691"},
  };
  if (server == JudgedBy::k18) return messages;
  messages.push_back(
      {"a CHECK fails", event(R"("note": "forbidden")"), "refused_by_clickhouse", "is_allowed"});
  messages.push_back({"a MATERIALIZED address is none", event(R"("note": "no address")"),
                      "refused_by_clickhouse", "Code: 675"});
  messages.push_back({"a MATERIALIZED delay is none", event(R"("note": "no delay")"),
                      "refused_by_clickhouse", "Code: 36"});
  return messages;
}

void create_table(const TestTopology& topology, JudgedBy server,
                  const ClickhouseEndpoint& clickhouse) {
  clickhouse.query("CREATE DATABASE " + topology.database());
  clickhouse.query("CREATE TABLE " + topology.table() +
                   " (id UInt64, small Int8, real Float64, day Date, at DateTime, uuid UUID, list "
                   "Array(UInt8), kind Enum8('a' = 0, 'b' = 1), code FixedString(4), note String, "
                   "digits String, date String, number UInt32 MATERIALIZED toUInt32(digits), "
                   "calendar Date MATERIALIZED toDate(date), "
                   "calm UInt8 MATERIALIZED throwIf(note = 'thrown'), "
                   "place Enum8('here' = 1) MATERIALIZED "
                   "CAST(note = 'nowhere' ? note : 'here' AS Enum8('here' = 1))" +
                   (server == JudgedBy::k26
                        ? ", address IPv4 MATERIALIZED toIPv4(note = 'no address' ? note : "
                          "'10.0.0.1'), delay Float64 MATERIALIZED parseTimeDelta(note = 'no "
                          "delay' ? note : '1s'), CONSTRAINT is_allowed CHECK note != 'forbidden'"
                        : std::string()) +
                   ") ENGINE = MergeTree() ORDER BY id");
}

// Returns how many good ones there are; their ids begin at 0.
int publish_all(AmqpClient& client, const TestTopology& topology,
                const std::vector<BadMessage>& bad) {
  client.enable_confirms();
  int good = 0;
  const auto publish_good = [&] {
    for (int i = 0; i < kGoodBetween; ++i)
      client.publish("", topology.queue(), event("", std::to_string(good++)));
  };
  for (const BadMessage& message : bad) {
    publish_good();
    MessageProperties properties = message.properties;
    properties.message_id = message.name;
    client.publish("", topology.queue(), message.body, properties);
  }
  publish_good();
  if (!client.wait_for_confirms(seconds(60))) throw std::runtime_error("not confirmed");
  return good;
}

// Returns when all have arrived, or when it takes too long. The message that is tried last needs
// one behind it to be compared with: while letters are missing, good ones follow.
void wait_for_all(AmqpClient& client, const TestTopology& topology, std::size_t bad, int& good) {
  const auto all_are_stored = [&] { return topology.rows() == static_cast<std::uint64_t>(good); };
  bool stored = wait_until(all_are_stored, seconds(120));
  const auto all_letters_are_there = [&] {
    return client.queue_exists(topology.dead_letter_queue()) &&
           client.message_count(topology.dead_letter_queue()) == bad;
  };
  for (int i = 0; i < 20 && stored && !wait_until(all_letters_are_there, seconds(2)); ++i) {
    client.publish("", topology.queue(), event("", std::to_string(good++)));
    stored = wait_until(all_are_stored, seconds(10));
  }
}

std::string judge_letter(const BadMessage& message, const Message& letter) {
  const auto header = [&](const char* name) {
    const auto at = letter.properties.headers.find(name);
    return at == letter.properties.headers.end() ? std::string() : at->second;
  };
  const std::string reason = header("x-event-consumer-reason");
  const std::string error =
      header("x-event-consumer-error") + " " + header("x-event-consumer-column");
  if (reason != message.reason || !contains(error, message.words))
    return message.name + ": " + reason + ", " + error;
  if (letter.body != message.body) return message.name + ": another body";
  if (message.properties.odd_header != 0 && letter.properties.headers.count("odd") == 0)
    return message.name + ": without the header";
  return "";
}

}  // namespace

std::vector<BadMessage> bad_messages(JudgedBy server) {
  std::vector<BadMessage> all;
  for (const auto& messages : {bad_bodies(), bad_values(), odd_headers(), judged_messages(server)})
    all.insert(all.end(), messages.begin(), messages.end());
  return all;
}

std::vector<std::string> drain_bad_messages(const std::string& name, JudgedBy server,
                                            const ClickhouseEndpoint& clickhouse,
                                            const QueueArguments& arguments) {
  TestTopology topology(name, clickhouse);
  AmqpClient client(rabbitmq().url());
  client.declare_queue(topology.queue(), arguments);
  create_table(topology, server, clickhouse);
  const std::vector<BadMessage> bad = bad_messages(server);
  int good = publish_all(client, topology, bad);

  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_REQUIRED"] = "id";
  environment["EVENT_CONSUMER_BATCH_BYTES"] = "64KiB";
  const auto limit = arguments.find("x-delivery-limit");
  if (limit != arguments.end())
    environment["EVENT_CONSUMER_DELIVERY_LIMIT"] =
        std::to_string(std::get<std::int64_t>(limit->second));
  Service service(environment);
  wait_for_all(client, topology, bad.size(), good);
  std::vector<std::string> differences;
  if (service.stop() != 0) differences.push_back("the service did not end well");
  const std::string stored =
      clickhouse.query("SELECT count(), uniqExact(id), max(id) FROM " + topology.table());
  const std::string count = std::to_string(good);
  if (stored != count + "\t" + count + "\t" + std::to_string(good - 1) + "\n")
    differences.push_back("stored, different, last: " + stored);
  std::map<std::string, int> letters;
  while (client.queue_exists(topology.dead_letter_queue())) {
    const auto letter = client.get(topology.dead_letter_queue());
    if (!letter) break;
    const std::string& id = letter->properties.message_id;
    const auto message =
        std::find_if(bad.begin(), bad.end(), [&](const auto& each) { return each.name == id; });
    ++letters[id];
    const std::string wrong =
        message == bad.end() ? "a letter of a good message" : judge_letter(*message, *letter);
    if (!wrong.empty()) differences.push_back(wrong);
  }
  for (const BadMessage& message : bad)
    if (letters[message.name] != 1)
      differences.push_back(message.name + ": " + std::to_string(letters[message.name]) +
                            " dead letters");
  if (!differences.empty()) differences.push_back(service.log());
  return differences;
}

}  // namespace event_consumer::testing
