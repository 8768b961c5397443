// The table that events go to, on the server in use: what that server knows, which columns the
// table has, and how events are encoded for them. It posts batches and notices when the table, the
// version of the server, or the server behind an alternative host, is another, and when a password
// that is refused was replaced in its file. Not for use by two threads.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/options.h"
#include "worker/batch/batch.h"
#include "worker/clickhouse/clickhouse_http.h"
#include "worker/clickhouse/server_facts.h"
#include "worker/clickhouse/table.h"
#include "worker/insert/inserter.h"

namespace event_consumer {

class TableWriter {
 public:
  // Asks the servers in turn, each once, until one answers; creates the table where the options say
  // so. `heartbeat` is called before each step that takes its time. The Error says what failed on
  // the last one. A table that was absent and is there is looked at twice, `second_look` apart,
  // here and later on.
  static Result<TableWriter> open(const Options& options, const std::function<void()>& heartbeat,
                                  Duration second_look = std::chrono::seconds(1));

  // How to encode events for the columns known now. The Error (kConfiguration) names a required
  // column that the table does not have.
  Result<Encoding> encoding() const;

  // Posts `batch` and waits for the answer. A server that was not met before is met first: when its
  // table does not have the columns known, nothing is sent there and its turn is over. Every
  // outcome, and that of check_table(), says what is known of the server by then.
  InsertOutcome post(const Batch& batch);

  // Reads the columns again and compares names and types with those known. Never creates the table
  // anew on the same server: one that was dropped under us is an operator's business.
  TableOutcome check_table();

  // As of the last post or look at the table.
  const std::string& server_version() const { return facts_.version; }
  // Whether a batch that is posted again is stored once, as of then.
  const TableDeduplication& deduplication() const { return deduplication_; }

  // «`database`.`table` (columns) on ClickHouse host:port, version V»: for logs.
  std::string describe() const;

 private:
  struct Inspection {
    ServerFacts facts;
    std::vector<Column> columns;
    TableDeduplication repeats;
  };

  TableWriter(const Options& options, Duration second_look);
  ServerReport server_report() const { return {facts_.version, deduplication_.noticed}; }
  // Reads facts and columns from the server in use, and creates the table there where it may.
  Result<Inspection> inspect(const std::function<void()>& heartbeat);
  // The columns of the table, looked at twice if it was absent when it was asked for last.
  Result<std::vector<Column>> look_for_table(const ServerFacts& facts, bool create,
                                             const std::function<void()>& heartbeat);
  // Meets the server in use, unless it is met already.
  Result<Done> inspect_if_new();
  Result<Done> inspect_next();
  // It may have been updated while it was away.
  Result<Done> inspect_again();
  // It, or the table, is another than before.
  Result<Done> read_deduplication_again();
  InsertOutcome try_post(const Batch& batch);
  TableOutcome look_at_table();
  // Whether the password file holds another password than the one in use, which is used from here
  // on.
  bool password_has_changed();

  ClickHouseHttp http_;
  TableName name_;
  bool create_table_;
  std::vector<std::string> required_;
  ServerFacts facts_;
  std::vector<Column> columns_;
  TableDeduplication deduplication_;
  // http_.server_changes() and http_.connection_losses() when the facts were read.
  int inspected_server_ = 0;
  int inspected_after_losses_ = 0;
  bool facts_have_changed_ = false;  // and events are encoded for those before
  Duration second_look_;
  bool was_absent_ = false;     // the table, when it was asked for, or rows posted to it, last
  std::string password_file_;   // empty: none
  std::string password_fault_;  // already in the log
};

}  // namespace event_consumer
