// What to do about an answer of ClickHouse. Pure; goes by the exception's code, and by the words
// of the versions 18 to 26 where there is none.
#pragma once

#include "worker/clickhouse/clickhouse_http.h"
#include "worker/diagnosis.h"

namespace event_consumer {

// Of an answer of `server` that is not ok().
Diagnosis diagnose_clickhouse(const HttpAnswer& answer, const ClickHouseServer& server);

}  // namespace event_consumer
