// TableWriter: posts batches to the table that events go to, on the server in use, and knows what
// this server understands, which columns the table has, and how events are encoded for them. It
// sees by itself that the table was altered, that the server was updated or is another one of the
// hosts, and that a refused password was replaced in its file; and it goes back to the first host
// as Failback says. Not for use by two threads.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/options.h"
#include "common/password_files.h"
#include "worker/batch/batch.h"
#include "worker/clickhouse/clickhouse_http.h"
#include "worker/clickhouse/failback.h"
#include "worker/clickhouse/known_table.h"
#include "worker/insert/inserter.h"

namespace event_consumer {

class TableWriter {
 public:
  // Asks the servers in turn, each once, until one answers; creates the table where the options say
  // so. `heartbeat` is called several times a second until it returns. The Error says what failed
  // on the last server. Here and later on, a table that was absent and is there now is looked at
  // twice, with a pause of `looks.second` between, before anything is posted to it.
  static Result<TableWriter> open(const Options& options, const std::function<void()>& heartbeat,
                                  const TableLooks& looks = {});

  // How to encode events for the columns known now. The Error (kConfiguration) names a column that
  // the options ask for and the table does not have.
  Result<Encoding> encoding() const { return table_.encoding(); }

  // Posts `batch` and waits for the answer. A server that is not known yet is inspected first: when
  // its table does not have the columns known, nothing is sent there and the next host's turn
  // comes. The outcome, like that of check_table(), says what is known of the server by then.
  InsertOutcome post(const Batch& batch);

  // Looks at the table again and compares names and types of its columns with those known. Never
  // creates it anew on the same server: one that was dropped under us is an operator's business.
  // Where inserts may go back to the first host, they do so before the look. When a batch may be
  // stored without our knowing it (`is_settled` is false), they do not, unless it is the first host
  // that may have it.
  TableOutcome check_table(bool is_settled);

  // As of the last post or look at the table.
  const std::string& server_version() const { return table_.server().facts.version; }
  // Whether a batch that is posted again is stored once, as of the same time.
  const TableDeduplication& deduplication() const { return table_.server().deduplication; }
  // Where the rows of an answered insert are.
  const StoredIn& stored_in() const { return table_.server().stored_in; }
  ServerReport server_report();

  // «`database`.`table` (columns) on ClickHouse host:port, version V»: for logs. Of very many
  // columns the first.
  std::string describe() const { return table_.describe(http_); }

 private:
  TableWriter(const Options& options, const TableLooks& looks);
  InsertOutcome try_post(const Batch& batch);
  // Whether the token of a batch that may be stored proves nothing any more; see InsertOutcome.
  Result<bool> is_token_void(const Batch& batch);
  // The answer `stored` to a post of the batch, unless its token proved nothing by then.
  InsertOutcome unless_void(const Batch& batch, InsertOutcome stored);
  // Goes back to the first host, where inserts may go back to it.
  void go_home();
  // Whether inserts went back to the first host, and it does not take this batch, which another one
  // may: that one is in use then.
  bool has_failed_trial(const Batch& batch, const InsertOutcome& outcome);
  // Tells failback_ which host is in use.
  void note_host();
  Failback::Look look_at_first() const;
  TableOutcome look();
  // Whether the file holds another password than the one in use. If so, it is used from here on.
  bool password_has_changed();

  ClickHouseHttp http_;
  bool allow_buffer_;
  KnownTable table_;
  PasswordFile password_file_;
  Failback failback_;
  int noted_changes_ = 0;  // http_.server_changes() that failback_ knows
  // A batch may be stored on another host than the first one.
  bool is_open_elsewhere_ = false;
};

}  // namespace event_consumer
