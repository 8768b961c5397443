#include "common/amqp_url.h"

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

AmqpUrl parsed(const std::string& text) {
  INFO(text);
  auto url = parse_amqp_url(text);
  REQUIRE(url.ok());
  return *url;
}

std::string refused(const std::string& text) {
  INFO(text);
  const auto url = parse_amqp_url(text);
  REQUIRE_FALSE(url.ok());
  CHECK(url.error().kind == ErrorKind::kUsage);
  return url.error().message;
}

TEST_CASE("AMQP URL: every part", "[amqp_url]") {
  const AmqpUrl url = parsed("amqp://user:secret@host.example:5673/events?heartbeat=30");
  CHECK(url.user == "user");
  CHECK(url.password == "secret");
  CHECK(url.host == "host.example");
  CHECK(url.port == 5673);
  CHECK(url.virtual_host == "events");
  CHECK(url.heartbeat == std::chrono::seconds(30));
  CHECK(url.unknown_parameters.empty());
}

TEST_CASE("AMQP URL: every part but the scheme may be left out", "[amqp_url]") {
  for (const char* text : {"amqp://", "amqp:///", "amqp://localhost", "amqp://localhost:/",
                           "amqp://guest:guest@localhost:5672/"}) {
    const AmqpUrl url = parsed(text);
    CHECK(url.user == "guest");
    CHECK(url.password == "guest");
    CHECK(url.host == "localhost");
    CHECK(url.port == 5672);
    CHECK(url.virtual_host == "/");
    CHECK(url.heartbeat == std::chrono::seconds(60));
  }
}

TEST_CASE("AMQP URL: one that ends in a slash means the virtual host «/»", "[amqp_url]") {
  CHECK(parsed("amqp://host").virtual_host == "/");
  CHECK(parsed("amqp://host/").virtual_host == "/");
  CHECK(parsed("amqp://host/%2F").virtual_host == "/");
  CHECK(parsed("amqp://host/%2f").virtual_host == "/");
  CHECK(parsed("amqp://host/?heartbeat=5").virtual_host == "/");
}

TEST_CASE("AMQP URL: a virtual host is one path segment", "[amqp_url]") {
  CHECK(parsed("amqp://host/a%2Fb").virtual_host == "a/b");
  CHECK(parsed("amqp://host/a%20b").virtual_host == "a b");
  refused("amqp://host/a/b");
  refused("amqp://host//");
}

TEST_CASE("AMQP URL: percent signs are decoded in all names", "[amqp_url]") {
  const AmqpUrl url = parsed("amqp://us%65r%40corp:p%40ss%3Aw%2Fd%25@ho%73t/v%C3%A9");
  CHECK(url.user == "user@corp");
  CHECK(url.password == "p@ss:w/d%");
  CHECK(url.host == "host");
  CHECK(url.virtual_host == "v\xC3\xA9");
}

TEST_CASE("AMQP URL: a percent sign wants two hexadecimal digits", "[amqp_url]") {
  for (const char* text :
       {"amqp://user:p%@host", "amqp://user:p%4@host", "amqp://user:p%zz@host", "amqp://us%@host",
        "amqp://host/%2", "amqp://ho%st/", "amqp://user:%+1@host", "amqp://user:%0x41@host"})
    refused(text);
}

TEST_CASE("AMQP URL: a NUL would cut a name off", "[amqp_url]") {
  for (const char* text :
       {"amqp://user:p%00w@host", "amqp://us%00er@host", "amqp://host/v%00w", "amqp://ho%00st/"})
    refused(text);
}

TEST_CASE("AMQP URL: an at sign or a colon in the password need not be encoded", "[amqp_url]") {
  const AmqpUrl url = parsed("amqp://user:a:b@c@host/");
  CHECK(url.user == "user");
  CHECK(url.password == "a:b@c");
  CHECK(url.host == "host");
}

TEST_CASE("AMQP URL: a user without a password, and an empty password", "[amqp_url]") {
  CHECK(parsed("amqp://user@host").user == "user");
  CHECK(parsed("amqp://user@host").password == "guest");
  CHECK(parsed("amqp://user:@host").password == "");
}

TEST_CASE("AMQP URL: an IPv6 address stands in brackets", "[amqp_url]") {
  CHECK(parsed("amqp://[::1]").host == "::1");
  CHECK(parsed("amqp://[::1]").port == 5672);
  CHECK(parsed("amqp://u:p@[fe80::1]:5673/").host == "fe80::1");
  CHECK(parsed("amqp://u:p@[fe80::1]:5673/").port == 5673);
  refused("amqp://[::1");
  refused("amqp://[::1]x");
  refused("amqp://::1/");
}

TEST_CASE("AMQP URL: the port is a number from 1 to 65535", "[amqp_url]") {
  CHECK(parsed("amqp://host:1").port == 1);
  CHECK(parsed("amqp://host:65535").port == 65535);
  for (const char* port : {"0", "65536", "-1", "+1", "5672x", "x", "0x10", "99999999999", " 1"})
    refused("amqp://host:" + std::string(port) + "/");
}

TEST_CASE("AMQP URL: the heartbeat is honoured", "[amqp_url]") {
  CHECK(parsed("amqp://host?heartbeat=1").heartbeat == std::chrono::seconds(1));
  CHECK(parsed("amqp://host/v?heartbeat=3600").heartbeat == std::chrono::seconds(3600));
  for (const char* value : {"", "0", "-1", "3601", "ten", "1.5", "30s"})
    refused("amqp://host/?heartbeat=" + std::string(value));
}

TEST_CASE("AMQP URL: unknown parameters are named, not refused", "[amqp_url]") {
  const AmqpUrl url = parsed("amqp://host/?frame_max=8192&heartbeat=30&&verify=&x");
  CHECK(url.heartbeat == std::chrono::seconds(30));
  CHECK(url.unknown_parameters == std::vector<std::string>{"frame_max", "verify", "x"});
}

TEST_CASE("AMQP URL: another scheme is refused", "[amqp_url]") {
  for (const char* text : {"", "host", "http://host", "amqpss://host", "AMQP://host", "amqp:/host",
                           "amqp:host", " amqp://host"})
    CHECK(refused(text).find("amqp://user:password@host:port/vhost") != std::string::npos);
}

TEST_CASE("AMQP URL: amqps means TLS, on a port of its own", "[amqp_url]") {
  CHECK_FALSE(parsed("amqp://host").tls);
  CHECK(parsed("amqps://host").tls);
  CHECK(parsed("amqps://host").port == 5671);
  CHECK(parsed("amqps://user:secret@host:5672/v").port == 5672);
  CHECK(parsed("amqps://user:secret@host/v").password == "secret");
}

std::vector<AmqpUrl> all_parsed(const std::string& text) {
  INFO(text);
  auto urls = parse_amqp_urls(text);
  REQUIRE(urls.ok());
  return *urls;
}

TEST_CASE("AMQP URLs: commas separate them, blanks may follow", "[amqp_url]") {
  CHECK(all_parsed("amqp://one").size() == 1);
  const auto urls = all_parsed("amqp://one/v,amqps://two, amqp://u:p@three:1");
  REQUIRE(urls.size() == 3);
  CHECK(urls[0].describe() == "one:5672, virtual host v");
  CHECK(urls[1].describe() == "two:5671, virtual host /");
  CHECK(urls[2].describe() == "three:1, virtual host /");
  CHECK(urls[2].password == "p");
}

TEST_CASE("AMQP URLs: a comma in a password separates nothing", "[amqp_url]") {
  const auto urls = all_parsed("amqp://user:a,b@one,amqp://user:,@two");
  REQUIRE(urls.size() == 2);
  CHECK(urls[0].password == "a,b");
  CHECK(urls[1].password == ",");
}

TEST_CASE("AMQP URLs: all must be readable", "[amqp_url]") {
  for (const char* text :
       {"", "amqp://one,", "amqp://one,two", ",amqp://one", "amqp://one,,amqp://two",
        "amqp://one:x,amqp://two", "amqp://one,amqp://two:x"}) {
    INFO(text);
    CHECK_FALSE(parse_amqp_urls(text).ok());
  }
  const auto refused = parse_amqp_urls("amqp://u:hunter1@one,amqp://u:hunter2@two:x");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().message.find("hunter") == std::string::npos);
  CHECK(refused.error().message.find("two") != std::string::npos);
}

TEST_CASE("AMQP URL: no refusal holds the password", "[amqp_url]") {
  for (const char* text :
       {"http://user:hunter2@host/", "amqp://user:hunter2%@host/", "amqp://user:hunter2@host:x/",
        "amqp://user:hunter2@host/a/b", "amqp://user:hunter2@host/?heartbeat=x",
        "user:hunter2@host", "amqp:user:hunter2@host", "amqp://user:hun/hunter2@host/",
        "amqp://user:x?hunter2@host/", "amqp://us%er:hunter2@host"})
    CHECK(refused(text).find("hunter2") == std::string::npos);
}

TEST_CASE("AMQP URL: no refusal holds a password behind which the host was forgotten",
          "[amqp_url]") {
  for (const char* text : {"amqp://user:hunter2", "amqp://user:hunter2/v", "amqp://user:x/hunter2",
                           "amqp://user:x?hunter2", "user:hunter2", "amqp:/user:hunter2",
                           "amqp://user:hunter2?heartbeat=30"})
    CHECK(refused(text).find("hunter2") == std::string::npos);
  CHECK(refused("amqp://host:5672/a/b").find("'amqp://host:5672/a/b'") != std::string::npos);
  CHECK(refused("amqp://[::1]:5672/a/b").find("'amqp://[::1]:5672/a/b'") != std::string::npos);
  CHECK(refused("amqp://host/v:w/").find("'amqp://host/v:w/'") != std::string::npos);
}

// Read by the letter, the rest of the password is a virtual host or a parameter, and shown as such.
TEST_CASE("AMQP URL: a password with a bare at sign and slash is refused", "[amqp_url]") {
  CHECK_FALSE(parse_amqp_url("amqp://user:hun@ter/two@host").ok());
  CHECK_FALSE(parse_amqp_url("amqp://user:12?two@host").ok());
}

TEST_CASE("AMQP URL: the description for logs holds no password", "[amqp_url]") {
  CHECK(parsed("amqp://user:secret@host:5673/v").describe() == "host:5673, virtual host v");
  CHECK(parsed("amqp://[::1]/").describe() == "[::1]:5672, virtual host /");
}

}  // namespace
}  // namespace event_consumer
