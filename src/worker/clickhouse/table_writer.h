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
#include "worker/clickhouse/inspection.h"
#include "worker/insert/inserter.h"

namespace event_consumer {

// When a table is looked at, and the first host is gone back to.
struct TableLooks {
  // Between the two looks at a table that was absent.
  Duration second = std::chrono::seconds(1);
  // So old a look is taken again before a post, where the server compares the types by itself: a
  // view may have come, a window gone, or the table may be a Null table now.
  Duration again = std::chrono::minutes(1);
  // In place of what the options say.
  std::optional<Duration> failback = std::nullopt;
};

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
  Result<Encoding> encoding() const;

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
  const std::string& server_version() const { return known_.server.facts.version; }
  // Whether a batch that is posted again is stored once, as of the same time.
  const TableDeduplication& deduplication() const { return known_.server.deduplication; }
  // Where the rows of an answered insert are.
  const StoredIn& stored_in() const { return known_.server.stored_in; }
  ServerReport server_report();

  // «`database`.`table` (columns) on ClickHouse host:port, version V»: for logs. Of very many
  // columns the first.
  std::string describe() const;

 private:
  // What is known of a server and its table, and when it was looked at.
  struct Known {
    Inspection server;
    // http_.server_changes() and http_.connection_losses() before the facts were read.
    int server_changes = 0;
    int connection_losses = 0;
    TimePoint looked_at = {};  // at the table
  };

  TableWriter(const Options& options, const TableLooks& looks);
  // Reads everything from the server in use, and creates the table there where the options say so.
  Result<Known> inspect(const std::function<void()>& heartbeat);
  // Looks at the table, which is refused where it must not be a target of inserts. A table that was
  // absent before is looked at twice.
  Result<OpenTable> look_for_table(const ServerFacts& facts, bool create,
                                   const std::function<void()>& heartbeat);
  // Inspects the server in use, unless it is known already and was never away since.
  Result<Done> inspect_if_new();
  // Inspects the server of another host, whose table must have the columns known.
  Result<Done> inspect_next();
  // Reads again what the server of the same host knows: it may have been updated while it was away.
  Result<Done> inspect_again();
  // Looks at where the rows go to when the last look is old.
  Result<Done> look_if_old();
  // What follows for the promises from the facts and the table known.
  void judge_again();
  // `known` is that of the host in use from here on.
  void use(Known known);
  InsertFormat format_of(const Inspection& server) const;
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
  TableOutcome look_at_table();
  // Whether the file holds another password than the one in use. If so, it is used from here on.
  bool password_has_changed();

  Options options_;
  ClickHouseHttp http_;
  TableName name_;
  std::vector<std::string> required_;  // decided by the first look at the table
  Known known_;                        // of the server that rows go to
  bool facts_have_changed_ = false;    // and events are encoded for those before
  TableLooks looks_;
  bool was_absent_ = false;  // at the last look, or the last post, there was no table
  PasswordFile password_file_;
  Failback failback_;
  int noted_changes_ = 0;  // http_.server_changes() that failback_ knows
  // A batch may be stored on another host than the first one.
  bool is_open_elsewhere_ = false;
};

}  // namespace event_consumer
