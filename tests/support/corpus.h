// The corpus: messages as publishers of many kinds send them, a directory of tests/corpus for each
// kind, and what must become of them. In a directory are
// - table.sql: the CREATE TABLE of a table `events`;
// - messages.ndjson: a message a line;
// - rows.tsv: for each message the row that it becomes, as ClickHouse shows it in TabSeparated, or
//   «rejected» and the reason;
// - table-18.16.sql and rows-18.16.tsv: the same for ClickHouse 18.16, where the types differ;
// - differs.tsv, if there are any: the number of each message that JSONEachRow stores otherwise,
//   and why, in the words of event-consumer-events(7).
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "tests/support/clickhouse_endpoint.h"

namespace event_consumer::testing {

struct CorpusPart {
  std::string kind;
  std::string create_table;
  std::vector<std::string> messages;
  std::vector<std::string> rows;               // for each message
  std::map<std::size_t, std::string> differs;  // by the place of the message, from 0
};

enum class CorpusFor { k18, k26 };

// All directories, in the order of their names. Throws std::runtime_error when a file is missing or
// has another number of lines than there are messages.
std::vector<CorpusPart> read_corpus(CorpusFor server);

// Has a service move the messages of a part into its table there. Returns a line for each row that
// is not as it must be.
std::vector<std::string> drain(const CorpusPart& part, const ClickhouseEndpoint& clickhouse);

// Has ClickHouse itself insert them, with JSONEachRow and best-effort dates. Returns a line for
// each row that is not as it must be, or that is although it is said to differ.
std::vector<std::string> insert_as_json(const CorpusPart& part,
                                        const ClickhouseEndpoint& clickhouse);

}  // namespace event_consumer::testing
