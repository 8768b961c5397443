// Many messages, each wrong in another way, between good ones, on every kind of queue.
#include "tests/support/bad_messages.h"

#include "tests/support/catch.h"
#include "tests/support/test_topology.h"

namespace event_consumer::testing {

TEST_CASE("bad messages on a classic queue cost themselves only") {
  CHECK(bad_messages(JudgedBy::k18).size() >= 40);
  CHECK(drain_bad_messages("bad_classic", JudgedBy::k18, clickhouse(), {}) ==
        std::vector<std::string>());
}

TEST_CASE("bad messages on a quorum queue cost themselves only") {
  CHECK(drain_bad_messages("bad_quorum", JudgedBy::k18, clickhouse(),
                           {{"x-queue-type", "quorum"}, {"x-delivery-limit", std::int64_t{3}}}) ==
        std::vector<std::string>());
}

}  // namespace event_consumer::testing
