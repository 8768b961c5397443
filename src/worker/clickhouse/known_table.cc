#include "worker/clickhouse/known_table.h"

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>

#include "common/log.h"
#include "worker/clickhouse/accepted_settings.h"
#include "worker/clickhouse/insert.h"
#include "worker/clickhouse/insert_trial.h"
#include "worker/diagnosis.h"

namespace event_consumer {
namespace {

// A line that names all of a thousand columns would not pass through a pipe.
constexpr std::size_t kMostNameBytes = 1000;

// So many columns that cannot be written have a line of their own in the log.
constexpr std::size_t kMostLeftOutNamed = 10;

bool same(const std::vector<Column>& a, const std::vector<Column>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Column& x, const Column& y) {
    return x.name == y.name && x.type.name == y.type.name && x.has_default == y.has_default;
  });
}

void log_left_out(const std::vector<std::string>& columns) {
  const std::size_t named = std::min(columns.size(), kMostLeftOutNamed);
  for (std::size_t i = 0; i < named; ++i)
    log::warn("{}: it is left to its DEFAULT, or empty", columns[i]);
  if (columns.size() > named)
    log::warn(
        "{} more columns are left to their DEFAULT, or empty: event-consumer check names them",
        columns.size() - named);
}

HostPort host_of(const ClickHouseHttp& http) { return {http.server().host, http.server().port}; }

// For the inserter thread: the main thread shows signs of life by itself.
void no_heartbeat() {}

}  // namespace

KnownTable::KnownTable(const Options& options, const TableLooks& looks)
    : options_(options),
      name_{options.clickhouse_database, options.clickhouse_table},
      looks_(looks) {}

Result<Done> KnownTable::open(ClickHouseHttp& http, const std::function<void()>& heartbeat) {
  auto known = inspect(http, heartbeat);
  if (!known) return known.error();
  known_ = std::move(*known);
  std::vector<std::string> names;
  for (const Column& column : known_.server.table.columns) names.push_back(column.name);
  required_ = required_columns(options_, names);
  log_left_out(known_.server.table.left_out);
  return Done{};
}

Result<Done> KnownTable::refresh(ClickHouseHttp& http) {
  if (auto done = inspect_if_new(http); !done) return done;
  return look_if_old(http);
}

Result<KnownTable::Known> KnownTable::inspect(ClickHouseHttp& http,
                                              const std::function<void()>& heartbeat) {
  const int server_changes = http.server_changes();
  const int connection_losses = http.connection_losses();
  const TimePoint asked_at = Clock::now();
  auto facts = read_facts(http);
  if (!facts) return facts.error();
  const HostPort host = host_of(http);
  const bool had_table = std::find(had_table_.begin(), had_table_.end(), host) != had_table_.end();
  const bool create = may_create_table(options_) && !had_table;
  auto table = look_twice(http, *facts, create, heartbeat);
  if (!table) return table.error();
  if (!had_table) had_table_.push_back(host);
  if (auto done = try_insert(http, *facts, name_, table->columns); !done) return done.error();
  return Known{make_inspection(std::move(*facts), std::move(*table)),
               host,
               server_changes,
               connection_losses,
               asked_at,
               Clock::now()};
}

// ClickHouse 18.16 dies of SIGSEGV when an INSERT meets the CREATE of its table. After the
// pause the CREATE is over, and the second look sees its result.
Result<OpenTable> KnownTable::look_twice(ClickHouseHttp& http, const ServerFacts& facts,
                                         bool create, const std::function<void()>& heartbeat) {
  auto table = open_table(http, facts, name_, /*create=*/false);
  was_absent_ = was_absent_ || is_absent(table);
  if (create && is_absent(table)) table = open_table(http, facts, name_, create, options_.durable);
  if (table && was_absent_) {
    heartbeat();
    std::this_thread::sleep_for(looks_.second);
    table = open_table(http, facts, name_, /*create=*/false);
    was_absent_ = !table || is_absent(table);
  }
  if (!table) return table;
  if (auto fits = expect_target(http, facts, table->target, options_.allow_buffer); !fits)
    return fits.error();
  return table;
}

Result<Done> KnownTable::inspect_if_new(ClickHouseHttp& http) {
  if (http.server_changes() != known_.server_changes) return inspect_next(http);
  const bool is_fresh = Clock::now() - known_.asked_at < looks_.again;
  if (is_fresh && http.connection_losses() == known_.connection_losses) return Done{};
  return inspect_again(http);
}

Result<Done> KnownTable::inspect_again(ClickHouseHttp& http) {
  const int connection_losses = http.connection_losses();
  const TimePoint asked_at = Clock::now();
  auto facts = read_facts(http);
  if (!facts) return facts.error();
  known_.connection_losses = connection_losses;
  known_.asked_at = asked_at;
  if (*facts == known_.server.facts) return Done{};
  log::info("{} is another than before: version {}", http.server().describe(), facts->version);
  known_.server.facts = std::move(*facts);
  facts_have_changed_ = true;
  judge_again(http);
  return Done{};
}

Result<Done> KnownTable::look_if_old(ClickHouseHttp& http) {
  if (!known_.server.facts.knows_typed_rows || Clock::now() - known_.looked_at < looks_.again)
    return Done{};
  auto target = read_target(http, known_.server.facts, name_);
  if (!target) return target.error();
  if (!*target) return Done{};  // the post will be refused
  if (auto fits = expect_target(http, known_.server.facts, **target, options_.allow_buffer); !fits)
    return fits.error();
  known_.looked_at = Clock::now();
  known_.server.table.target = std::move(**target);
  judge_again(http);
  return Done{};
}

void KnownTable::judge_again(const ClickHouseHttp& http) {
  auto deduplication = judge_deduplication(known_.server.facts, known_.server.table.target);
  if (deduplication.explanation != known_.server.deduplication.explanation)
    log::info("{}: {}", describe(http), deduplication.explanation);
  known_.server.deduplication = std::move(deduplication);
  const StoredIn stored_in = judge_stored(known_.server.facts, known_.server.table.target);
  if (stored_in.durability != known_.server.stored_in.durability)
    log::info("{}: stored now means {}", describe(http), event_consumer::describe(stored_in));
  known_.server.stored_in = stored_in;
}

Result<Done> KnownTable::inspect_next(ClickHouseHttp& http) {
  const int changes = http.server_changes();
  const std::string where = http.server().describe();
  const bool is_the_same = host_of(http) == known_.host;
  auto known = inspect(http, no_heartbeat);
  // What was altered of the same table is no slip, and else no host would be used any more where
  // all were altered meanwhile.
  if (known && is_the_same) known->server.table.columns = known_.server.table.columns;
  auto done = known ? expect_columns_of(known->server.table, where) : known.error();
  if (done)
    use(std::move(*known));
  else if (http.server_changes() == changes)
    http.use_next_server(done.error().message);
  return done;
}

Result<Done> KnownTable::expect_columns_of(const OpenTable& table, const std::string& where) const {
  if (same(table.columns, known_.server.table.columns)) return Done{};
  return Error{ErrorKind::kConfiguration,
               with_remedy("table " + name_.quoted() + " on " + where +
                               " has other columns than on the server before it",
                           "give both the same; or reload, when that server does not come back")};
}

void KnownTable::move_to(Inspection server, const ClickHouseHttp& http) {
  const TimePoint now = Clock::now();
  use({std::move(server), host_of(http), http.server_changes(), http.connection_losses(), now,
       now});
}

// The servers may know different formats.
void KnownTable::use(Known known) {
  const InsertFormat before = format_of(known_.server);
  const InsertFormat now = format_of(known.server);
  facts_have_changed_ = facts_have_changed_ || before.head != now.head;
  known_ = std::move(known);
}

InsertFormat KnownTable::format_of(const Inspection& server) const {
  const auto& columns = server.table.columns;
  return insert_format(name_, columns, server.facts, row_format(columns, server.facts));
}

Result<Encoding> KnownTable::encoding() const {
  const ServerFacts& facts = known_.server.facts;
  const std::vector<Column>& columns = known_.server.table.columns;
  const RowFormat rows = row_format(columns, facts);
  auto encoder = RowEncoder::create(columns, required_, rows, options_.column_sources);
  if (!encoder) return encoder.error();
  Encoding encoding{std::move(*encoder),
                    std::make_shared<const InsertFormat>(format_of(known_.server))};
  encoding.queue = options_.rabbitmq_queue;
  const bool may_leave_out = std::any_of(columns.begin(), columns.end(),
                                         [](const Column& column) { return column.has_default; });
  if (may_leave_out && rows == RowFormat::kRowBinary)
    encoding.format_of = [name = name_, columns, facts](const std::vector<bool>& written) {
      std::vector<Column> named;
      for (std::size_t i = 0; i < columns.size(); ++i)
        if (written[i]) named.push_back(columns[i]);
      return std::make_shared<const InsertFormat>(insert_format(name, named, facts));
    };
  return encoding;
}

Result<std::optional<Encoding>> KnownTable::look(ClickHouseHttp& http) {
  if (auto done = inspect_if_new(http); !done) return done.error();
  auto table = look_twice(http, known_.server.facts, /*create=*/false, no_heartbeat);
  if (!table) return table.error();
  const bool has_same_columns = same(table->columns, known_.server.table.columns);
  std::swap(known_.server.table, *table);
  known_.looked_at = Clock::now();
  if (has_same_columns && !facts_have_changed_) {
    judge_again(http);
    return std::optional<Encoding>();
  }
  auto changed = encoding();
  if (!changed) {
    std::swap(known_.server.table, *table);
    return changed.error();
  }
  judge_again(http);
  log_left_out(known_.server.table.left_out);
  facts_have_changed_ = false;
  return std::optional(std::move(*changed));
}

std::string KnownTable::describe(const ClickHouseHttp& http) const {
  const auto& columns = known_.server.table.columns;
  std::string names;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (names.size() + columns[i].name.size() > kMostNameBytes) {
      names += " … and " + std::to_string(columns.size() - i) + " more";
      break;
    }
    names += (i == 0 ? "" : ", ") + columns[i].name;
  }
  return name_.quoted() + " (" + names + ") on " + http.server().describe() + ", version " +
         known_.server.facts.version;
}

}  // namespace event_consumer
