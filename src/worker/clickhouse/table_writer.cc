#include "worker/clickhouse/table_writer.h"

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>

#include "common/log.h"
#include "common/password_files.h"
#include "worker/clickhouse/exception_class.h"
#include "worker/clickhouse/insert.h"

namespace event_consumer {
namespace {

bool same(const std::vector<Column>& a, const std::vector<Column>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Column& x, const Column& y) {
    return x.name == y.name && x.type.name == y.type.name && x.has_default == y.has_default;
  });
}

ErrorClass class_of(const Error& error) {
  return error.kind == ErrorKind::kUnavailable ? ErrorClass::kTransient
                                               : ErrorClass::kConfiguration;
}

// No table, or one that is not made yet.
bool is_absent(const Result<std::vector<Column>>& columns) {
  return columns ? columns.value().empty() : names_absent_table(columns.error().peer_code);
}

// The main thread goes on by itself.
void no_heartbeat() {}

TableOutcome failed(const Error& error) {
  return {TableOutcome::Kind::kFailed, std::nullopt, error.message, class_of(error)};
}

}  // namespace

TableWriter::TableWriter(const Options& options, Duration second_look)
    : http_(clickhouse_server(options)),
      name_{options.clickhouse_database, options.clickhouse_table},
      create_table_(options.create_table),
      required_(options.required_columns),
      second_look_(second_look),
      password_file_(options.clickhouse_password_file) {}

Result<TableWriter> TableWriter::open(const Options& options,
                                      const std::function<void()>& heartbeat,
                                      Duration second_look) {
  TableWriter target(options, second_look);
  for (std::size_t left = options.clickhouse_hosts.size();; --left) {
    const int change = target.http_.server_changes();
    heartbeat();
    auto met = target.inspect(heartbeat);
    if (met) {
      target.facts_ = std::move(met->facts);
      target.columns_ = std::move(met->columns);
      target.deduplication_ = std::move(met->repeats);
      target.inspected_server_ = change;
      target.inspected_after_losses_ = target.http_.connection_losses();
      return Result<TableWriter>(std::move(target));
    }
    // One that refuses is not passed over: the next would hide what is wrong with it.
    if (left == 1 || target.http_.server_changes() == change) return met.error();
  }
}

Result<TableWriter::Inspection> TableWriter::inspect(const std::function<void()>& heartbeat) {
  auto facts = read_server_facts(http_);
  if (!facts) return facts.error();
  auto columns = look_for_table(*facts, create_table_, heartbeat);
  if (!columns) return columns.error();
  auto repeats = read_deduplication(http_, *facts, name_);
  if (!repeats) return repeats.error();
  return Inspection{std::move(*facts), std::move(*columns), std::move(*repeats)};
}

// ClickHouse 18.16 dies when an INSERT meets the CREATE of its table: a look a second later proves
// that it is over.
Result<std::vector<Column>> TableWriter::look_for_table(const ServerFacts& facts, bool create,
                                                        const std::function<void()>& heartbeat) {
  auto columns = open_table(http_, facts, name_, /*create=*/false);
  was_absent_ = was_absent_ || is_absent(columns);
  if (create && is_absent(columns)) columns = open_table(http_, facts, name_, create);
  if (!columns || !was_absent_) return columns;
  heartbeat();
  std::this_thread::sleep_for(second_look_);
  columns = open_table(http_, facts, name_, /*create=*/false);
  was_absent_ = !columns || is_absent(columns);
  return columns;
}

Result<Done> TableWriter::inspect_if_new() {
  if (http_.server_changes() != inspected_server_) return inspect_next();
  return http_.connection_losses() != inspected_after_losses_ ? inspect_again()
                                                              : Result<Done>(Done{});
}

Result<Done> TableWriter::inspect_again() {
  const int connection_losses = http_.connection_losses();
  auto facts = read_server_facts(http_);
  if (!facts) return facts.error();
  inspected_after_losses_ = connection_losses;
  if (*facts == facts_) return Done{};
  log::info("{} is another than before: version {}", http_.server().describe(), facts->version);
  facts_ = std::move(*facts);
  facts_have_changed_ = true;
  return read_deduplication_again();
}

Result<Done> TableWriter::read_deduplication_again() {
  auto repeats = read_deduplication(http_, facts_, name_);
  if (!repeats) return repeats.error();
  if (repeats->noticed != deduplication_.noticed) log::info("{}: {}", describe(), repeats->words);
  deduplication_ = std::move(*repeats);
  return Done{};
}

Result<Done> TableWriter::inspect_next() {
  const int change = http_.server_changes();
  const std::string where = http_.server().describe();
  auto met = inspect(no_heartbeat);
  if (met && same(met->columns, columns_)) {
    facts_ = std::move(met->facts);
    deduplication_ = std::move(met->repeats);
    inspected_server_ = change;
    inspected_after_losses_ = http_.connection_losses();
    return Done{};
  }
  const Error error =
      met ? Error{ErrorKind::kConfiguration, "table " + name_.quoted() + " on " + where +
                                                 " has other columns than on the server before it"}
          : met.error();
  if (http_.server_changes() == change) http_.use_next_server(error.message);
  return error;
}

Result<Encoding> TableWriter::encoding() const {
  const RowFormat rows = row_format(columns_, facts_);
  auto encoder = RowEncoder::create(columns_, required_, rows);
  if (!encoder) return encoder.error();
  Encoding encoding{std::move(*encoder), std::make_shared<const InsertFormat>(
                                             insert_format(name_, columns_, facts_, rows))};
  const bool may_leave_out = std::any_of(columns_.begin(), columns_.end(),
                                         [](const Column& column) { return column.has_default; });
  if (may_leave_out && rows == RowFormat::kRowBinary)
    encoding.format_of = [name = name_, columns = columns_,
                          facts = facts_](const std::vector<bool>& written) {
      std::vector<Column> named;
      for (std::size_t i = 0; i < columns.size(); ++i)
        if (written[i]) named.push_back(columns[i]);
      return std::make_shared<const InsertFormat>(insert_format(name, named, facts));
    };
  return encoding;
}

bool TableWriter::password_has_changed() {
  if (password_file_.empty()) return false;
  auto password = read_password_file(password_file_);
  if (!password) {
    if (password.error().message != password_fault_)
      log::warn("{}; the password that it held before is tried on", password.error().message);
    password_fault_ = password.error().message;
    return false;
  }
  password_fault_.clear();
  if (*password == http_.server().password) return false;
  log::info("the password in {} has changed: it is used from here on", password_file_);
  http_.use_password(*password);
  return true;
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
  InsertOutcome outcome = post_batch(http_, facts_, batch);
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
  auto columns = look_for_table(facts_, /*create=*/false, no_heartbeat);
  if (!columns) return failed(columns.error());
  if (auto done = read_deduplication_again(); !done) return failed(done.error());
  if (same(columns.value(), columns_) && !facts_have_changed_)
    return {TableOutcome::Kind::kUnchanged, std::nullopt, "", ErrorClass::kTransient};
  std::swap(columns_, columns.value());
  auto changed = encoding();
  if (changed) {
    facts_have_changed_ = false;
    return {TableOutcome::Kind::kChanged, std::move(*changed), "", ErrorClass::kTransient};
  }
  std::swap(columns_, columns.value());
  return failed(changed.error());
}

std::string TableWriter::describe() const {
  std::string names;
  for (const Column& column : columns_) names += (names.empty() ? "" : ", ") + column.name;
  return name_.quoted() + " (" + names + ") on " + http_.server().describe() + ", version " +
         facts_.version;
}

}  // namespace event_consumer
