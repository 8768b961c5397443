// KnownTable: the table that rows go to, as it is known on the server in use: what this server
// understands, which columns the table has, and what follows for the promises. It looks again where
// that may be outdated, and says how events are encoded. The server is asked over `http`, which is
// always the same. Not for use by two threads.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/options.h"
#include "worker/batch/row_writer.h"
#include "worker/clickhouse/clickhouse_http.h"
#include "worker/clickhouse/inspection.h"

namespace event_consumer {

// When a table is looked at, and the first host is gone back to.
struct TableLooks {
  // Between the two looks at a table that was absent.
  Duration second = std::chrono::seconds(1);
  // So old a look is taken again before a post, where the server compares the types by itself: a
  // view may have come, a window gone, or the table may be a Null table now. And what the server
  // knows is so old at most: it may have been updated, or the user's profile changed, while no
  // answer was missed.
  Duration again = std::chrono::minutes(1);
  // In place of what the options say.
  std::optional<Duration> failback = std::nullopt;
};

class KnownTable {
 public:
  KnownTable(const Options& options, const TableLooks& looks);

  // Reads everything from the server in use, and creates the table there where the options say so.
  // `heartbeat` is called now and then. Here and later on, a table that was absent and is there now
  // is looked at twice, with a pause of `looks.second` between. To succeed before all else.
  Result<Done> open(ClickHouseHttp& http, const std::function<void()>& heartbeat);

  // Before each post: reads again what may have changed unnoticed. A server of another host is
  // inspected; when its table does not have the columns known, the next host's turn comes. The host
  // that was known last may have them altered: that is for look() to see.
  Result<Done> refresh(ClickHouseHttp& http);

  // Looks at the table again and compares names and types of its columns with those known: how to
  // encode events for it now, or nothing where that has not changed. Never creates it anew on a
  // server that has had it: one that was dropped under us is an operator's business.
  Result<std::optional<Encoding>> look(ClickHouseHttp& http);

  // The server that is in use from here on, of another host; its table must have the columns known.
  void move_to(Inspection server, const ClickHouseHttp& http);

  // The Error (kConfiguration) says that the table on `where` has other columns than those known.
  Result<Done> expect_columns_of(const OpenTable& table, const std::string& where) const;

  // There was none, as an insert was answered.
  void set_absent() { was_absent_ = true; }

  // How to encode events for the columns known now. The Error (kConfiguration) names a column that
  // the options ask for and the table does not have.
  Result<Encoding> encoding() const;

  const TableName& name() const { return name_; }
  // The server in use, and its table.
  const Inspection& server() const { return known_.server; }
  // «`database`.`table` (columns) on ClickHouse host:port, version V»: for logs. Of very many
  // columns the first.
  std::string describe(const ClickHouseHttp& http) const;

 private:
  struct Known {
    Inspection server;
    HostPort host;
    // http.server_changes() and http.connection_losses() before the facts were read.
    int server_changes = 0;
    int connection_losses = 0;
    TimePoint asked_at = {};   // the server, what it knows
    TimePoint looked_at = {};  // at the table
  };

  Result<Known> inspect(ClickHouseHttp& http, const std::function<void()>& heartbeat);
  // Looks at the table, which is refused where it must not be a target of inserts. A table that was
  // absent before is looked at twice.
  Result<OpenTable> look_twice(ClickHouseHttp& http, const ServerFacts& facts, bool create,
                               const std::function<void()>& heartbeat);
  // Inspects the server in use, unless what is known of it is fresh and it was never away since.
  Result<Done> inspect_if_new(ClickHouseHttp& http);
  // Inspects the server that is in use after a change: of another host, or of the same one when
  // the others were of no use.
  Result<Done> inspect_next(ClickHouseHttp& http);
  // Reads again what the server of the same host knows: it may have been updated.
  Result<Done> inspect_again(ClickHouseHttp& http);
  // Looks at where the rows go to when the last look is old.
  Result<Done> look_if_old(ClickHouseHttp& http);
  // What follows for the promises from the facts and the table known.
  void judge_again(const ClickHouseHttp& http);
  void use(Known known);
  InsertFormat format_of(const Inspection& server) const;

  Options options_;
  TableName name_;
  TableLooks looks_;
  std::vector<std::string> required_;  // decided by the first look
  Known known_;
  std::vector<HostPort> had_table_;  // hosts
  bool facts_have_changed_ = false;  // and events are encoded for those before
  bool was_absent_ = false;          // at the last look, or the last post, there was no table
};

}  // namespace event_consumer
