// The part of `check` that asks ClickHouse.
#pragma once

#include <vector>

#include "common/options.h"
#include "worker/commands/check_report.h"
#include "worker/encode/column.h"

namespace event_consumer {

// Returns the columns that events fill, of the last host whose table could be looked at; none
// without one.
std::vector<Column> check_clickhouse(const Options& options, Report& report);

}  // namespace event_consumer
