// Whether a server takes the settings that the options add to inserts (--clickhouse-setting). Asked
// before events are taken, because a server answers an insert with a setting that it does not know,
// or with a value that it does not take, with an exception.
#pragma once

#include "worker/clickhouse/clickhouse_http.h"

namespace event_consumer {

// Sends each of the settings to the server in use, once and alone. Returns them with the values
// that the server made of them («yes» may be 1). The Error is run_query's, or kConfiguration: it
// names the setting and what is wrong: an unknown name with the one that was meant, or that it is a
// setting of tables; a value in the server's words; a setting that does not arrive.
Result<InsertSettings> read_accepted_settings(ClickHouseHttp& http);

}  // namespace event_consumer
