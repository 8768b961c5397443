// What the statement that created a materialized view tells of it, as system.tables has it. Pure.
#pragma once

#include "worker/clickhouse/table_questions.h"

namespace event_consumer {

bool is_materialized_view(const TableRow& row);

// The table that the view writes to: the one named with TO, else one that ClickHouse has named
// after the view or its UUID. A live view or a window view keeps its rows itself.
TableName table_of_view(const TableRow& view);

// Whether each refresh replaces what is in the view's table.
bool is_replaced_by_refresh(const TableRow& view);

}  // namespace event_consumer
