#include "worker/ledger/identity.h"

#include <string>

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using namespace std::string_literals;

// Content header properties (AMQP 0-9-1, section 4.2.6.1): the flags of message-id and timestamp.
std::string message_id(const std::string& id) {
  return "\x00\x80"s + static_cast<char>(id.size()) + id;
}
std::string timestamp(char seconds) { return "\x00\x40"s + std::string(7, '\0') + seconds; }

Delivery usual() {
  Delivery delivery;
  delivery.body = "{}";
  delivery.exchange = "events";
  delivery.routing_key = "clicks";
  return delivery;
}

TEST_CASE("identity: it is of what the broker never changes", "[identity]") {
  Delivery copy = usual();
  copy.tag = 7;
  copy.redelivered = true;
  copy.is_last = true;
  // Headers: an empty table, as a quorum queue would fill it.
  const std::string headers = "\x20\x00\x00\x00\x00\x00"s;
  copy.properties = headers;
  CHECK(identify(copy, 1) == identify(usual(), 1));
}

TEST_CASE("identity: each part of it tells messages apart", "[identity]") {
  Delivery other = usual();
  std::string properties;
  SECTION("body") { other.body = "[]"; }
  SECTION("exchange") { other.exchange = "event"; }
  SECTION("routing key") { other.routing_key = "click"; }
  SECTION("where one ends and the next begins") {
    other.exchange = "eventsc";
    other.routing_key = "licks";
  }
  SECTION("message id") { properties = message_id("1"); }
  SECTION("timestamp") { properties = timestamp(1); }
  other.properties = properties;
  CHECK_FALSE(identify(other, 1) == identify(usual(), 1));
}

TEST_CASE("identity: a message of another queue, or for another table, is another", "[identity]") {
  const auto way = way_of({"/", "clicks", "default", "clicks"});
  CHECK(identify(usual(), way) == identify(usual(), way_of({"/", "clicks", "default", "clicks"})));
  CHECK_FALSE(identify(usual(), way) ==
              identify(usual(), way_of({"/", "clicks", "default", "orders"})));
  CHECK_FALSE(way_of({"a", "bc"}) == way_of({"ab", "c"}));
}

}  // namespace
}  // namespace event_consumer
