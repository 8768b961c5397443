// Settings of ClickHouse that an operator adds to inserts (--clickhouse-setting): how they are
// written, and which are not his. Whether a server knows the others is asked there.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/option_parsers.h"

namespace event_consumer {

using InsertSettings = std::vector<std::pair<std::string, std::string>>;  // name and value

// Reads «NAME=VALUE», several separated by commas. Returns what is wrong, or nothing: an item that
// is none, a name given twice, or one that is refused because the service decides it itself: how
// rows are written, what an answer means and how a repetition is known would not be as promised.
ParseError parse_insert_settings(const std::string& text, InsertSettings& settings);

}  // namespace event_consumer
