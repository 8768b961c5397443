#include "common/redact.h"

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

TEST_CASE("redact: the password goes, the rest stays", "[redact]") {
  CHECK(redact_url("amqp://user:secret@host:5672/vhost?heartbeat=30") ==
        "amqp://user:***@host:5672/vhost?heartbeat=30");
  CHECK(redact_url("amqp://:secret@host") == "amqp://:***@host");
  CHECK(redact_url("amqp://user:@host") == "amqp://user:***@host");
}

TEST_CASE("redact: what holds no password stays as it is", "[redact]") {
  for (const char* url : {"", "amqp://", "amqp://host", "amqp://host:5672/",
                          "amqp://user@host:5672/", "host", "@", "://@"})
    CHECK(redact_url(url) == url);
}

TEST_CASE("redact: a password with the signs that end a part of a URL", "[redact]") {
  for (const char* password : {"sec@ret", "sec:ret", "sec/ret", "sec?ret", "sec#ret", "sec//ret",
                               "@:/@:/", "%zz", " ", "é"})
    CHECK(redact_url("amqp://user:" + std::string(password) + "@host/") == "amqp://user:***@host/");
}

TEST_CASE("redact: a password as a parameter", "[redact]") {
  CHECK(redact_url("amqp://host/v?heartbeat=30&password=secret") ==
        "amqp://host/v?heartbeat=30&password=***");
  CHECK(redact_url("amqp://user:secret@host?password=secret&heartbeat=5") ==
        "amqp://user:***@host?password=***&heartbeat=5");
  CHECK(redact_url("amqp://a?b=secret,amqp://c:5672/?heartbeat=5,amqp://d?x") ==
        "amqp://a?b=***,amqp://c:5672/?heartbeat=5,amqp://d?x");
}

TEST_CASE("redact: a URL without its slashes", "[redact]") {
  CHECK(redact_url("user:secret@host") == "user:***@host");
  CHECK(redact_url("amqp:user:secret@host") == "amqp:***@host");
  CHECK(redact_url("amqp:/user:secret@host") == "amqp:***@host");
}

TEST_CASE("redact: a URL without its slashes whose password holds two", "[redact]") {
  CHECK(redact_url("user:sec//ret@host").find("ret") == std::string::npos);
}

TEST_CASE("redact: a password behind which the host was forgotten", "[redact]") {
  CHECK(redact_url("amqp://user:secret") == "amqp://user:***");
  CHECK(redact_url("amqp://user:99999/vhost") == "amqp://user:***");
  for (const char* url : {"amqp://host:5672/a:b", "amqp://[::1]:5672/", "host:5672"})
    CHECK(redact_url(url) == url);
}

}  // namespace
}  // namespace event_consumer
