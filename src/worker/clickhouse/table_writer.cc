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

// A table without columns is not quite created yet.
bool is_absent(const Result<OpenTable>& table) {
  return table ? table.value().columns.empty() : names_absent_table(table.error().peer_code);
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

// What the server in use knows; it must take the settings that inserts bear.
Result<ServerFacts> read_facts(ClickHouseHttp& http) {
  if (auto accepted = read_accepted_settings(http); !accepted) return accepted.error();
  return read_server_facts(http);
}

TableOutcome failed(const Error& error) {
  return {TableOutcome::Kind::kFailed, std::nullopt, error.message, class_of(error)};
}

}  // namespace

TableWriter::TableWriter(const Options& options, const TableLooks& looks)
    : http_(clickhouse_server(options)),
      name_{options.clickhouse_database, options.clickhouse_table},
      create_table_(may_create_table(options)),
      allow_buffer_(options.allow_buffer),
      durable_(options.durable),
      sources_(options.column_sources),
      queue_(options.rabbitmq_queue),
      looks_(looks),
      password_file_(options.clickhouse_password_file, options.clickhouse_password) {}

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
      for (const Column& column : writer.known_.table.columns) names.push_back(column.name);
      writer.required_ = required_columns(options, names);
      log_left_out(writer.known_.table.left_out);
      writer.http_.set_heartbeat(no_heartbeat);
      return Result<TableWriter>(std::move(writer));
    }
    // A server that refuses is not passed over: the next would hide what is wrong with it.
    if (left == 1 || writer.http_.server_changes() == changes) return inspection.error();
  }
}

Result<TableWriter::Inspection> TableWriter::inspect(const std::function<void()>& heartbeat) {
  const int server_changes = http_.server_changes();
  const int connection_losses = http_.connection_losses();
  auto facts = read_facts(http_);
  if (!facts) return facts.error();
  auto table = look_for_table(*facts, create_table_, heartbeat);
  if (!table) return table.error();
  if (auto done = try_insert(http_, *facts, name_, table->columns); !done) return done.error();
  auto deduplication = judge_deduplication(*facts, table->target);
  const StoredIn stored_in = judge_stored(*facts, table->target);
  return Inspection{std::move(*facts), std::move(*table), std::move(deduplication),
                    stored_in,         server_changes,    connection_losses,
                    Clock::now()};
}

// ClickHouse 18.16 dies of SIGSEGV when an INSERT meets the CREATE of its table. After the
// pause the CREATE is over, and the second look sees its result.
Result<OpenTable> TableWriter::look_for_table(const ServerFacts& facts, bool create,
                                              const std::function<void()>& heartbeat) {
  auto table = open_table(http_, facts, name_, /*create=*/false);
  was_absent_ = was_absent_ || is_absent(table);
  if (create && is_absent(table)) table = open_table(http_, facts, name_, create, durable_);
  if (table && was_absent_) {
    heartbeat();
    std::this_thread::sleep_for(looks_.second);
    table = open_table(http_, facts, name_, /*create=*/false);
    was_absent_ = !table || is_absent(table);
  }
  if (!table) return table;
  if (auto fits = expect_target(table->target); !fits) return fits.error();
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
  if (*facts == known_.facts) return Done{};
  log::info("{} is another than before: version {}", http_.server().describe(), facts->version);
  known_.facts = std::move(*facts);
  facts_have_changed_ = true;
  judge_again();
  return Done{};
}

Result<Done> TableWriter::look_if_old() {
  if (!known_.facts.knows_typed_rows || Clock::now() - known_.looked_at < looks_.again)
    return Done{};
  auto target = read_target(http_, known_.facts, name_);
  if (!target) return target.error();
  if (!*target) return Done{};  // the post will be refused
  if (auto fits = expect_target(**target); !fits) return fits.error();
  known_.looked_at = Clock::now();
  known_.table.target = std::move(**target);
  judge_again();
  return Done{};
}

Result<Done> TableWriter::expect_target(const TableTarget& target) const {
  const auto wrong = judge_target(target, allow_buffer_);
  if (!wrong) return Done{};
  return Error{ErrorKind::kConfiguration, with_remedy(wrong->message, wrong->remedy)};
}

void TableWriter::judge_again() {
  auto deduplication = judge_deduplication(known_.facts, known_.table.target);
  if (deduplication.explanation != known_.deduplication.explanation)
    log::info("{}: {}", describe(), deduplication.explanation);
  known_.deduplication = std::move(deduplication);
  const StoredIn stored_in = judge_stored(known_.facts, known_.table.target);
  if (stored_in.durability != known_.stored_in.durability)
    log::info("{}: stored now means {}", describe(), event_consumer::describe(stored_in));
  known_.stored_in = stored_in;
}

Result<Done> TableWriter::inspect_next() {
  const int changes = http_.server_changes();
  const std::string where = http_.server().describe();
  auto inspection = inspect(no_heartbeat);
  if (inspection && same(inspection->table.columns, known_.table.columns)) {
    known_ = std::move(*inspection);
    return Done{};
  }
  const Error error = inspection ? Error{ErrorKind::kConfiguration,
                                         "table " + name_.quoted() + " on " + where +
                                             " has other columns than on the server before it"}
                                 : inspection.error();
  if (http_.server_changes() == changes) http_.use_next_server(error.message);
  return error;
}

Result<Encoding> TableWriter::encoding() const {
  const RowFormat rows = row_format(known_.table.columns, known_.facts);
  auto encoder = RowEncoder::create(known_.table.columns, required_, rows, sources_);
  if (!encoder) return encoder.error();
  Encoding encoding{std::move(*encoder), std::make_shared<const InsertFormat>(insert_format(
                                             name_, known_.table.columns, known_.facts, rows))};
  encoding.queue = queue_;
  const bool may_leave_out = std::any_of(known_.table.columns.begin(), known_.table.columns.end(),
                                         [](const Column& column) { return column.has_default; });
  if (may_leave_out && rows == RowFormat::kRowBinary)
    encoding.format_of = [name = name_, columns = known_.table.columns,
                          facts = known_.facts](const std::vector<bool>& written) {
      std::vector<Column> named;
      for (std::size_t i = 0; i < columns.size(); ++i)
        if (written[i]) named.push_back(columns[i]);
      return std::make_shared<const InsertFormat>(insert_format(name, named, facts));
    };
  return encoding;
}

bool TableWriter::password_has_changed() {
  const auto password = password_file_.changed();
  if (password) http_.use_password(*password);
  return password.has_value();
}

InsertOutcome TableWriter::post(const Batch& batch) {
  InsertOutcome outcome = try_post(batch);
  const bool refused = outcome.kind == InsertOutcome::Kind::kRefused &&
                       outcome.error_class == ErrorClass::kConfiguration;
  if (refused && password_has_changed()) outcome = try_post(batch);
  outcome.server = server_report();
  return outcome;
}

InsertOutcome TableWriter::try_post(const Batch& batch) {
  if (auto done = inspect_if_new(); !done)
    return {InsertOutcome::Kind::kRefused, 0, done.error().message, class_of(done.error())};
  if (auto done = look_if_old(); !done)
    return {InsertOutcome::Kind::kRefused, 0, done.error().message, class_of(done.error())};
  InsertOutcome outcome = post_batch(http_, known_.facts, batch, known_.deduplication.deduplicates);
  was_absent_ = was_absent_ || names_absent_table(outcome.code);
  return outcome;
}

TableOutcome TableWriter::check_table() {
  TableOutcome outcome = look_at_table();
  const bool refused = outcome.kind == TableOutcome::Kind::kFailed &&
                       outcome.error_class == ErrorClass::kConfiguration;
  if (refused && password_has_changed()) outcome = look_at_table();
  outcome.server = server_report();
  return outcome;
}

TableOutcome TableWriter::look_at_table() {
  if (auto done = inspect_if_new(); !done) return failed(done.error());
  auto table = look_for_table(known_.facts, /*create=*/false, no_heartbeat);
  if (!table) return failed(table.error());
  const bool has_same_columns = same(table->columns, known_.table.columns);
  std::swap(known_.table, *table);
  known_.looked_at = Clock::now();
  if (has_same_columns && !facts_have_changed_) {
    judge_again();
    return {TableOutcome::Kind::kUnchanged, std::nullopt, "", ErrorClass::kTransient};
  }
  auto changed = encoding();
  if (!changed) {
    std::swap(known_.table, *table);
    return failed(changed.error());
  }
  judge_again();
  log_left_out(known_.table.left_out);
  facts_have_changed_ = false;
  return {TableOutcome::Kind::kChanged, std::move(*changed), "", ErrorClass::kTransient};
}

ServerReport TableWriter::server_report() const {
  ServerReport report{known_.facts.version, known_.deduplication.deduplicates};
  report.stored_in = known_.stored_in;
  report.certificates_until = http_.first_to_expire().unix_seconds;
  report.doubling = joined(known_.deduplication.doubling);
  report.host = HostPort{http_.server().host, http_.server().port}.describe();
  return report;
}

std::string TableWriter::describe() const {
  const auto& columns = known_.table.columns;
  std::string names;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (names.size() + columns[i].name.size() > kMostNameBytes) {
      names += " … and " + std::to_string(columns.size() - i) + " more";
      break;
    }
    names += (i == 0 ? "" : ", ") + columns[i].name;
  }
  return name_.quoted() + " (" + names + ") on " + http_.server().describe() + ", version " +
         known_.facts.version;
}

}  // namespace event_consumer
