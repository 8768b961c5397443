#include "worker/clickhouse/table_writer.h"

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>

#include "common/log.h"
#include "common/text.h"
#include "worker/clickhouse/accepted_settings.h"
#include "worker/clickhouse/exception_class.h"
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

ErrorClass class_of(const Error& error) {
  return error.kind == ErrorKind::kUnavailable ? ErrorClass::kTransient
                                               : ErrorClass::kConfiguration;
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

// For the inserter thread: the main thread shows signs of life by itself.
void no_heartbeat() {}

std::string has_other_columns(const TableName& table, const std::string& where) {
  return "table " + table.quoted() + " on " + where +
         " has other columns than on the server before it";
}

InsertOutcome unsent(const Error& error) {
  return {InsertOutcome::Kind::kRefused, 0, error.message, class_of(error)};
}

InsertOutcome void_token(const Batch& batch, const ClickHouseServer& server) {
  InsertOutcome outcome = unsent(
      {ErrorKind::kUnavailable,
       server.describe() + " was started anew since it left an insert without an answer: its " +
           std::to_string(batch.rows()) + " rows are inserted again, and may be stored twice"});
  outcome.is_token_void = true;
  return outcome;
}

TableOutcome failed(const Error& error) {
  return {TableOutcome::Kind::kFailed, std::nullopt, error.message, class_of(error)};
}

}  // namespace

TableWriter::TableWriter(const Options& options, const TableLooks& looks)
    : options_(options),
      http_(clickhouse_server(options)),
      name_{options.clickhouse_database, options.clickhouse_table},
      looks_(looks),
      password_file_(options.clickhouse_password_file, options.clickhouse_password),
      failback_(looks.failback ? looks.failback : options.clickhouse_failback) {}

Result<TableWriter> TableWriter::open(const Options& options,
                                      const std::function<void()>& heartbeat,
                                      const TableLooks& looks) {
  TableWriter writer(options, looks);
  writer.http_.set_heartbeat(heartbeat);
  for (std::size_t left = options.clickhouse_hosts.size();; --left) {
    const int changes = writer.http_.server_changes();
    heartbeat();
    auto inspection = writer.inspect(heartbeat);
    if (inspection) {
      writer.known_ = std::move(*inspection);
      std::vector<std::string> names;
      for (const Column& column : writer.known_.server.table.columns) names.push_back(column.name);
      writer.required_ = required_columns(options, names);
      log_left_out(writer.known_.server.table.left_out);
      writer.http_.set_heartbeat(no_heartbeat);
      writer.note_host();
      return Result<TableWriter>(std::move(writer));
    }
    // A server that refuses is not passed over: the next would hide what is wrong with it.
    if (left == 1 || writer.http_.server_changes() == changes) return inspection.error();
  }
}

Result<TableWriter::Known> TableWriter::inspect(const std::function<void()>& heartbeat) {
  const int server_changes = http_.server_changes();
  const int connection_losses = http_.connection_losses();
  auto facts = read_facts(http_);
  if (!facts) return facts.error();
  auto table = look_for_table(*facts, may_create_table(options_), heartbeat);
  if (!table) return table.error();
  if (auto done = try_insert(http_, *facts, name_, table->columns); !done) return done.error();
  return Known{make_inspection(std::move(*facts), std::move(*table)), server_changes,
               connection_losses, Clock::now()};
}

// ClickHouse 18.16 dies of SIGSEGV when an INSERT meets the CREATE of its table. After the
// pause the CREATE is over, and the second look sees its result.
Result<OpenTable> TableWriter::look_for_table(const ServerFacts& facts, bool create,
                                              const std::function<void()>& heartbeat) {
  auto table = open_table(http_, facts, name_, /*create=*/false);
  was_absent_ = was_absent_ || is_absent(table);
  if (create && is_absent(table)) table = open_table(http_, facts, name_, create, options_.durable);
  if (table && was_absent_) {
    heartbeat();
    std::this_thread::sleep_for(looks_.second);
    table = open_table(http_, facts, name_, /*create=*/false);
    was_absent_ = !table || is_absent(table);
  }
  if (!table) return table;
  if (auto fits = expect_target(http_, facts, table->target, options_.allow_buffer); !fits)
    return fits.error();
  return table;
}

Result<Done> TableWriter::inspect_if_new() {
  if (http_.server_changes() != known_.server_changes) return inspect_next();
  if (http_.connection_losses() != known_.connection_losses) return inspect_again();
  return Done{};
}

Result<Done> TableWriter::inspect_again() {
  const int connection_losses = http_.connection_losses();
  auto facts = read_facts(http_);
  if (!facts) return facts.error();
  known_.connection_losses = connection_losses;
  if (*facts == known_.server.facts) return Done{};
  log::info("{} is another than before: version {}", http_.server().describe(), facts->version);
  known_.server.facts = std::move(*facts);
  facts_have_changed_ = true;
  judge_again();
  return Done{};
}

Result<Done> TableWriter::look_if_old() {
  if (!known_.server.facts.knows_typed_rows || Clock::now() - known_.looked_at < looks_.again)
    return Done{};
  auto target = read_target(http_, known_.server.facts, name_);
  if (!target) return target.error();
  if (!*target) return Done{};  // the post will be refused
  if (auto fits = expect_target(http_, known_.server.facts, **target, options_.allow_buffer); !fits)
    return fits.error();
  known_.looked_at = Clock::now();
  known_.server.table.target = std::move(**target);
  judge_again();
  return Done{};
}

void TableWriter::judge_again() {
  auto deduplication = judge_deduplication(known_.server.facts, known_.server.table.target);
  if (deduplication.explanation != known_.server.deduplication.explanation)
    log::info("{}: {}", describe(), deduplication.explanation);
  known_.server.deduplication = std::move(deduplication);
  const StoredIn stored_in = judge_stored(known_.server.facts, known_.server.table.target);
  if (stored_in.durability != known_.server.stored_in.durability)
    log::info("{}: stored now means {}", describe(), event_consumer::describe(stored_in));
  known_.server.stored_in = stored_in;
}

Result<Done> TableWriter::inspect_next() {
  const int changes = http_.server_changes();
  const std::string where = http_.server().describe();
  auto known = inspect(no_heartbeat);
  if (known && same(known->server.table.columns, known_.server.table.columns)) {
    use(std::move(*known));
    return Done{};
  }
  const Error error =
      known ? Error{ErrorKind::kConfiguration, has_other_columns(name_, where)} : known.error();
  if (http_.server_changes() == changes) http_.use_next_server(error.message);
  return error;
}

// The servers may know different formats.
void TableWriter::use(Known known) {
  const InsertFormat before = format_of(known_.server);
  const InsertFormat now = format_of(known.server);
  facts_have_changed_ = facts_have_changed_ || before.head != now.head;
  known_ = std::move(known);
}

InsertFormat TableWriter::format_of(const Inspection& server) const {
  const auto& columns = server.table.columns;
  return insert_format(name_, columns, server.facts, row_format(columns, server.facts));
}

Result<Encoding> TableWriter::encoding() const {
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

bool TableWriter::password_has_changed() {
  const auto password = password_file_.changed();
  if (!password) return false;
  http_.use_password(*password);
  failback_.renew(look_at_first());
  return true;
}

InsertOutcome TableWriter::post(const Batch& batch) {
  InsertOutcome outcome = try_post(batch);
  const bool refused = outcome.kind == InsertOutcome::Kind::kRefused &&
                       outcome.error_class == ErrorClass::kConfiguration;
  if (refused && password_has_changed()) outcome = try_post(batch);
  if (has_failed_trial(batch, outcome)) outcome = try_post(batch);
  if (outcome.kind == InsertOutcome::Kind::kStored) failback_.stored();
  note_host();
  outcome.server = server_report();
  return outcome;
}

bool TableWriter::has_failed_trial(const Batch& batch, const InsertOutcome& outcome) {
  const bool is_refused = outcome.kind == InsertOutcome::Kind::kRefused && !outcome.is_in_table &&
                          outcome.error_class != ErrorClass::kData;
  if (!failback_.is_on_trial() || !http_.is_at_first() || !is_refused || batch.may_be_stored())
    return false;
  http_.use_next_server("refused the first insert since its return: " + outcome.message);
  note_host();
  return true;
}

void TableWriter::go_home() {
  const TimePoint now = Clock::now();
  auto seen = failback_.ready(now);
  if (!seen) return;
  const std::string home = http_.first_server().describe();
  if (!same(seen->table.columns, known_.server.table.columns))
    return failback_.reject({ErrorKind::kConfiguration, has_other_columns(name_, home)}, now);
  const std::string from = http_.server().describe();
  http_.use_first_server();
  use({std::move(*seen), http_.server_changes(), http_.connection_losses(), now});
  note_host();
  failback_.returned(from, now);
  log::warn("{} has answered for {} s: inserts go back to it from {}", home,
            failback_.patience().count(), from);
}

void TableWriter::note_host() {
  if (http_.server_changes() == noted_changes_) return;
  noted_changes_ = http_.server_changes();
  if (http_.is_at_first())
    failback_.at_home();
  else
    failback_.away(http_.why_changed(), look_at_first(), Clock::now());
}

Failback::Look TableWriter::look_at_first() const {
  const auto inspector =
      std::make_shared<Inspector>(http_.first_server(), name_, options_.allow_buffer);
  return [inspector] { return inspector->look(); };
}

InsertOutcome TableWriter::try_post(const Batch& batch) {
  if (auto done = inspect_if_new(); !done) return unsent(done.error());
  if (auto done = look_if_old(); !done) return unsent(done.error());
  const auto is_void = is_token_void(batch);
  if (!is_void) return unsent(is_void.error());
  if (is_void.value()) return void_token(batch, http_.server());
  const bool is_at_first = http_.is_at_first();
  InsertOutcome outcome =
      post_batch(http_, known_.server.facts, batch, known_.server.deduplication.deduplicates);
  was_absent_ = was_absent_ || names_absent_table(outcome.code);
  // It may have been started while this was stopped between question and post.
  if (outcome.kind == InsertOutcome::Kind::kStored)
    outcome = unless_void(batch, std::move(outcome));
  if (!is_at_first && (outcome.kind == InsertOutcome::Kind::kUnknown || outcome.is_in_table))
    is_open_elsewhere_ = true;
  return outcome;
}

InsertOutcome TableWriter::unless_void(const Batch& batch, InsertOutcome stored) {
  const ClickHouseServer server = http_.server();  // a question without an answer may change it
  const auto is_void = is_token_void(batch);
  if (is_void) return is_void.value() ? void_token(batch, server) : std::move(stored);
  const Error& error = is_void.error();
  return {InsertOutcome::Kind::kUnknown, 0, error.message, class_of(error)};
}

// A replicated table gets token and rows at one moment, from Keeper. Where a repetition is not
// noticed anyway, a token need prove nothing.
Result<bool> TableWriter::is_token_void(const Batch& batch) {
  const Inspection& server = known_.server;
  if (!batch.may_be_stored() || !server.deduplication.deduplicates ||
      is_replicated(server.table.target.rows()))
    return false;
  return was_started_after(http_, *batch.open_since());
}

TableOutcome TableWriter::check_table(bool is_settled) {
  if (is_settled) is_open_elsewhere_ = false;
  if (!is_open_elsewhere_) go_home();
  TableOutcome outcome = look_at_table();
  const bool has_failed = outcome.kind == TableOutcome::Kind::kFailed;
  const bool refused = has_failed && outcome.error_class == ErrorClass::kConfiguration;
  if (refused && password_has_changed()) outcome = look_at_table();
  if (has_failed && is_settled && failback_.is_on_trial() && http_.is_at_first()) {
    http_.use_next_server("refused since inserts went back to it: " + outcome.message);
    outcome = look_at_table();
  }
  note_host();
  outcome.server = server_report();
  return outcome;
}

TableOutcome TableWriter::look_at_table() {
  if (auto done = inspect_if_new(); !done) return failed(done.error());
  auto table = look_for_table(known_.server.facts, /*create=*/false, no_heartbeat);
  if (!table) return failed(table.error());
  const bool has_same_columns = same(table->columns, known_.server.table.columns);
  std::swap(known_.server.table, *table);
  known_.looked_at = Clock::now();
  if (has_same_columns && !facts_have_changed_) {
    judge_again();
    return {TableOutcome::Kind::kUnchanged, std::nullopt, "", ErrorClass::kTransient};
  }
  auto changed = encoding();
  if (!changed) {
    std::swap(known_.server.table, *table);
    return failed(changed.error());
  }
  judge_again();
  log_left_out(known_.server.table.left_out);
  facts_have_changed_ = false;
  return {TableOutcome::Kind::kChanged, std::move(*changed), "", ErrorClass::kTransient};
}

ServerReport TableWriter::server_report() {
  const TimePoint now = Clock::now();
  ServerReport report{known_.server.facts.version, known_.server.deduplication.deduplicates};
  report.stored_in = known_.server.stored_in;
  report.certificates_until = http_.first_to_expire().unix_seconds;
  report.doubling = joined(known_.server.deduplication.doubling);
  report.host = HostPort{http_.server().host, http_.server().port}.describe();
  report.host_reason = failback_.explain(now);
  report.may_return = failback_.ready(now).has_value();
  return report;
}

std::string TableWriter::describe() const {
  const auto& columns = known_.server.table.columns;
  std::string names;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (names.size() + columns[i].name.size() > kMostNameBytes) {
      names += " … and " + std::to_string(columns.size() - i) + " more";
      break;
    }
    names += (i == 0 ? "" : ", ") + columns[i].name;
  }
  return name_.quoted() + " (" + names + ") on " + http_.server().describe() + ", version " +
         known_.server.facts.version;
}

}  // namespace event_consumer
