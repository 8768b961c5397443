// The part of `check` that tries messages of a sample: what each would become in the table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/options.h"
#include "worker/commands/check_report.h"
#include "worker/encode/column.h"

namespace event_consumer {

// The messages in a file: one a line, blank ones left out; or one, when the text as a whole is one
// and its first line is none.
std::vector<std::string_view> sample_messages(std::string_view text);

// Reports for each message its columns with their values and where these come from, or why it would
// be rejected. A sample has bodies only: what columns have of the message around is left open.
// Nothing is stored, so that nothing is said of what only ClickHouse refuses.
void check_sample(const Options& options, const std::vector<Column>& columns,
                  std::string_view sample, Report& report);

}  // namespace event_consumer
