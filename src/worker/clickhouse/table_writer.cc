#include "worker/clickhouse/table_writer.h"

#include <memory>
#include <utility>

#include "common/log.h"
#include "common/text.h"
#include "worker/clickhouse/exception_class.h"
#include "worker/clickhouse/insert.h"
#include "worker/diagnosis.h"

namespace event_consumer {
namespace {

ErrorClass class_of(const Error& error) {
  return error.kind == ErrorKind::kUnavailable ? ErrorClass::kTransient
                                               : ErrorClass::kConfiguration;
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
    : http_(clickhouse_server(options)),
      allow_buffer_(options.allow_buffer),
      table_(options, looks),
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
    auto done = writer.table_.open(writer.http_, heartbeat);
    if (done) break;
    // A server that refuses is not passed over: the next would hide what is wrong with it.
    if (left == 1 || writer.http_.server_changes() == changes) return done.error();
  }
  // The main thread shows signs of life by itself.
  writer.http_.set_heartbeat([] {});
  writer.note_host();
  return Result<TableWriter>(std::move(writer));
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
  if (auto fits = table_.expect_columns_of(seen->table, home); !fits)
    return failback_.reject(fits.error(), now);
  const std::string from = http_.server().describe();
  http_.use_first_server();
  table_.move_to(std::move(*seen), http_);
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
      std::make_shared<Inspector>(http_.first_server(), table_.name(), allow_buffer_);
  return [inspector] { return inspector->look(); };
}

InsertOutcome TableWriter::try_post(const Batch& batch) {
  if (auto done = table_.refresh(http_); !done) return unsent(done.error());
  const auto is_void = is_token_void(batch);
  if (!is_void) return unsent(is_void.error());
  if (is_void.value()) return void_token(batch, http_.server());
  const bool is_at_first = http_.is_at_first();
  InsertOutcome outcome =
      post_batch(http_, table_.server().facts, batch, table_.server().deduplication.deduplicates);
  if (names_absent_table(outcome.code)) table_.set_absent();
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
  const Inspection& server = table_.server();
  if (!batch.may_be_stored() || !server.deduplication.deduplicates ||
      is_replicated(server.table.target.rows()))
    return false;
  return was_started_after(http_, *batch.open_since());
}

TableOutcome TableWriter::check_table(bool is_settled) {
  if (is_settled) is_open_elsewhere_ = false;
  if (!is_open_elsewhere_) go_home();
  TableOutcome outcome = look();
  const auto has_failed = [&] { return outcome.kind == TableOutcome::Kind::kFailed; };
  const bool refused = has_failed() && outcome.error_class == ErrorClass::kConfiguration;
  if (refused && password_has_changed()) outcome = look();
  if (has_failed() && is_settled && failback_.is_on_trial() && http_.is_at_first()) {
    http_.use_next_server("refused since inserts went back to it: " + outcome.message);
    outcome = look();
  }
  note_host();
  outcome.server = server_report();
  return outcome;
}

TableOutcome TableWriter::look() {
  auto changed = table_.look(http_);
  if (!changed) return failed(changed.error());
  const auto kind = *changed ? TableOutcome::Kind::kChanged : TableOutcome::Kind::kUnchanged;
  return {kind, std::move(*changed), "", ErrorClass::kTransient};
}

ServerReport TableWriter::server_report() {
  const TimePoint now = Clock::now();
  ServerReport report{server_version(), deduplication().deduplicates};
  report.stored_in = stored_in();
  report.certificates_until = http_.first_to_expire().unix_seconds;
  report.doubling = joined(deduplication().doubling);
  report.host = HostPort{http_.server().host, http_.server().port}.describe();
  report.host_reason = failback_.explain(now);
  report.may_return = failback_.ready(now).has_value();
  return report;
}

}  // namespace event_consumer
