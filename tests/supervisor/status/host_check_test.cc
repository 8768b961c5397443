#include "supervisor/status/host_check.h"

#include "supervisor/listen.h"
#include "tests/support/catch.h"

namespace event_consumer {

TEST_CASE("host check: an address, localhost and the own name are local, other names are not") {
  for (const char* host : {"127.0.0.1:9463", "127.0.0.1", "10.1.2.3:80", "[::1]:9463", "[::1]",
                           "::1", "::1:9463", "localhost", "localhost:9463", "LocalHost:9463",
                           "events.localhost:9463", "Box.example", "box.example:9463", ""}) {
    INFO(host);
    CHECK(is_local_host(host, "box.Example"));
  }
  for (const char* host :
       {"attacker.example", "attacker.example:9463", "127.0.0.1.attacker.example:9463",
        "127.0.0.1.", "localhost.attacker.example", "notlocalhost", "box.example.attacker.example",
        "127.0.0.1@attacker.example", "x"}) {
    INFO(host);
    CHECK_FALSE(is_local_host(host, "box.example"));
  }
}

TEST_CASE("host check: what is bound to all addresses is not on loopback") {
  CHECK(is_on_loopback(listen_on({"127.0.0.1", 0})->get()));
  CHECK(is_on_loopback(listen_on({"127.9.8.7", 0})->get()));
  CHECK_FALSE(is_on_loopback(listen_on({"0.0.0.0", 0})->get()));
  CHECK_FALSE(is_on_loopback(-1));
}

}  // namespace event_consumer
