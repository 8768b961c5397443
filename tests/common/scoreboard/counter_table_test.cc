#include "common/scoreboard/counter_table.h"

#include <set>
#include <string>

#include "tests/support/catch.h"

namespace event_consumer {

TEST_CASE("counters: no name and no key stands twice") {
  std::set<std::string> metrics, keys;
  std::size_t counters = 0, with_key = 0;
  for_each_counter([&](const auto& counter) {
    ++counters;
    metrics.insert(counter.metric);
    if (counter.status_key == nullptr) return;
    ++with_key;
    keys.insert(counter.status_key);
  });
  CHECK(metrics.size() == counters);
  CHECK(keys.size() == with_key);
}

TEST_CASE("counters: each has a total, whatever its kind") {
  WorkerCounters counters{};
  counters.received = 7;
  counters.batches = {1, 0, 2};
  counters.count_failed_insert(0, 241, 4);
  counters.count_failed_insert(1, 27);
  counters.batch_rows.observe(300);
  CHECK(total_of(counters.received) == 7);
  CHECK(total_of(counters.batches) == 3);
  CHECK(total_of(counters.failed_inserts) == 5);
  CHECK(total_of(counters.batch_rows) == 1);
}

}  // namespace event_consumer
