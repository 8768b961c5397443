// ClickHouse 26 compares names and types of the columns itself: tables may change at any moment.
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/clickhouse_engine.h"
#include "tests/support/schema_changes.h"

namespace event_consumer::testing {

TEST_CASE("ClickHouse 26: columns are added, changed and dropped in the middle of a backlog") {
  Scene scene("altered", engine());
  scene.declare_topology();
  CHECK(alter_in_mid_drain(scene, engine(),
                           {"ADD COLUMN note String", "MODIFY COLUMN ip_address Nullable(String)",
                            "DROP COLUMN referrer"}) == std::vector<std::string>());
}

}  // namespace event_consumer::testing
