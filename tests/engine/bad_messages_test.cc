// Many messages, each wrong in another way, between good ones, and ClickHouse 26.
#include "tests/support/bad_messages.h"

#include "tests/support/catch.h"
#include "tests/support/clickhouse_engine.h"

namespace event_consumer::testing {

TEST_CASE("ClickHouse 26: bad messages on a classic queue cost themselves only") {
  CHECK(drain_bad_messages("bad_classic", JudgedBy::k26, engine(), {}) ==
        std::vector<std::string>());
}

TEST_CASE("ClickHouse 26: bad messages on a quorum queue cost themselves only") {
  CHECK(drain_bad_messages("bad_quorum", JudgedBy::k26, engine(),
                           {{"x-queue-type", "quorum"}, {"x-delivery-limit", std::int64_t{3}}}) ==
        std::vector<std::string>());
}

}  // namespace event_consumer::testing
