// What to do about an answer of ClickHouse. Pure; the words looked for are those of the versions 18
// to 26.
#pragma once

#include "worker/clickhouse/clickhouse_http.h"
#include "worker/diagnosis.h"

namespace event_consumer {

// Of an answer of `server` that is not ok().
Diagnosis diagnose_clickhouse(const HttpAnswer& answer, const ClickHouseServer& server);

}  // namespace event_consumer
