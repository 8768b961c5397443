// How far a run of the benchmark is.
#pragma once

#include <cstdint>
#include <string>

#include "tests/support/test_topology.h"

namespace event_consumer::testing {

// What ClickHouse knows without reading the table: counting rows takes it longer the more there
// are, on the cores that the worker and the broker need.
inline std::uint64_t rows_in_parts(const TestTopology& topology) {
  return std::stoull(
      clickhouse().query("SELECT sum(rows) FROM system.parts WHERE active AND "
                         "database = '" +
                         topology.database() + "'"));
}

}  // namespace event_consumer::testing
