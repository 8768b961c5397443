#include "common/http_hosts.h"

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using Hosts = std::vector<HostPort>;

struct Parsed {
  Hosts hosts;
  bool tls;
};

Parsed parsed(const std::string& text) {
  Parsed parsed{{}, !(text.find("https") != std::string::npos)};
  const auto wrong = parse_http_hosts(text, 1, parsed.tls, parsed.hosts);
  INFO(text << ": " << wrong.value_or(""));
  CHECK_FALSE(wrong.has_value());
  return parsed;
}

TEST_CASE("HTTP hosts: with a scheme and without", "[http_hosts]") {
  CHECK(parsed("db").hosts == Hosts{{"db", 1}});
  CHECK_FALSE(parsed("db").tls);
  CHECK(parsed("https://db:9").hosts == Hosts{{"db", 9}});
  CHECK(parsed("https://db:9").tls);
  CHECK(parsed("http://db/").hosts == Hosts{{"db", 1}});
  CHECK_FALSE(parsed("http://db/").tls);
  CHECK(parsed("https://[::1]:9/, https://b").hosts == Hosts{{"::1", 9}, {"b", 1}});
}

TEST_CASE("HTTP hosts: TLS with one is TLS with all", "[http_hosts]") {
  CHECK(parsed("https://a,b").tls);
  CHECK(parsed("a,https://b").tls);
}

TEST_CASE("HTTP hosts: what is none is refused", "[http_hosts]") {
  for (const char* text :
       {"", ",", "https://", "https:///", "https://a,https://", "http://a,https://b", "db/",
        "https://db//", "https://db/path", "https://user@db", "https://db?x", "ftp://db",
        "HTTPS://db:x", "tcp://db:9000", "https://https://db", "https://a b"}) {
    INFO(text);
    Hosts hosts;
    bool tls = false;
    CHECK(parse_http_hosts(text, 1, tls, hosts).has_value());
  }
}

TEST_CASE("HTTP hosts: shown without what may be a password", "[http_hosts]") {
  CHECK(hosts_without_password("a,https://b:1") == "a,https://b:1");
  for (const char* text : {"::1", "[::1]:8123,db:8123", "http://db:8123/", "fe80::1,b"})
    CHECK(hosts_without_password(text) == text);
  // The host behind it was forgotten.
  for (const char* text : {"u:hunter2", "https://u:hunter2", "a,https://u:hunter2,b"})
    CHECK(hosts_without_password(text) == "***");
  for (const char* text : {"https://u:hunter2@b", "a,https://b/?password=hunter2",
                           "https://u:hun?ter2@b", "https://b:1/?password=hunter2@x"})
    CHECK(hosts_without_password(text) == "***");
}

}  // namespace
}  // namespace event_consumer
