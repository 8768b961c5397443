// What the engine of this run knows, which is of one of several ages. A test of what it does not
// know is left out.
#pragma once

#include "tests/support/catch.h"
#include "worker/clickhouse/server_facts.h"

namespace event_consumer::testing {

// As a worker finds them out.
const ServerFacts& engine_facts();

// Whether its JSONEachRow is the one that events(7) and the corpus compare with. That of 26.9 reads
// numbers for times otherwise, and knows later dates.
bool has_compared_json();

}  // namespace event_consumer::testing

// Ends the test case, and says so, unless the engine knows `fact`, a member of ServerFacts.
#define ONLY_WHERE(fact)                                                                        \
  if (!::event_consumer::testing::engine_facts().fact) {                                        \
    WARN("left out on ClickHouse " << ::event_consumer::testing::engine_facts().version << ": " \
                                   << #fact);                                                   \
    return;                                                                                     \
  }                                                                                             \
  static_assert(true)
