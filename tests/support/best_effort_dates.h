// Best-effort dates for what ClickHouse itself reads, as an operator's profile would set them.
#pragma once

#include "tests/support/clickhouse_endpoint.h"

namespace event_consumer::testing {

// As long as it lives: the engine has one session for all.
class BestEffortDates {
 public:
  explicit BestEffortDates(const ClickhouseEndpoint& clickhouse) : clickhouse_(clickhouse) {
    clickhouse_.query("SET date_time_input_format = 'best_effort'");
  }
  ~BestEffortDates() { clickhouse_.query("SET date_time_input_format = 'basic'"); }
  BestEffortDates(const BestEffortDates&) = delete;
  BestEffortDates& operator=(const BestEffortDates&) = delete;

 private:
  const ClickhouseEndpoint& clickhouse_;
};

}  // namespace event_consumer::testing
