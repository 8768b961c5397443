#include "common/host_port.h"

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using Hosts = std::vector<HostPort>;

Hosts parsed(const std::string& text) {
  Hosts hosts;
  const auto wrong = parse_hosts(text, 8123, hosts);
  INFO(text << ": " << wrong.value_or(""));
  CHECK_FALSE(wrong.has_value());
  return hosts;
}

TEST_CASE("hosts: one, several, with ports and without", "[host_port]") {
  CHECK(parsed("db") == Hosts{{"db", 8123}});
  CHECK(parsed("db:9") == Hosts{{"db", 9}});
  CHECK(parsed("a,b:65535, c") == Hosts{{"a", 8123}, {"b", 65535}, {"c", 8123}});
}

TEST_CASE("hosts: an IPv6 address with a port stands in brackets", "[host_port]") {
  CHECK(parsed("::1") == Hosts{{"::1", 8123}});
  CHECK(parsed("[::1],[fe80::1]:9") == Hosts{{"::1", 8123}, {"fe80::1", 9}});
}

TEST_CASE("hosts: what is neither is refused", "[host_port]") {
  for (const char* text : {"", ",", ":9", "db:", "db:0", "db:65536", "db:x", "db:+1", "[::1", "[]",
                           "[::1]x", "http://db", "db/x", "a b", "user@db", "a,b:x"}) {
    Hosts hosts;
    INFO(text);
    CHECK(parse_hosts(text, 8123, hosts).has_value());
  }
}

TEST_CASE("hosts: the description can be read again", "[host_port]") {
  CHECK(HostPort{"db", 9}.describe() == "db:9");
  CHECK(HostPort{"::1", 9}.describe() == "[::1]:9");
}

}  // namespace
}  // namespace event_consumer
