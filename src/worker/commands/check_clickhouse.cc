#include "worker/commands/check_clickhouse.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "common/text.h"
#include "worker/clickhouse/accepted_settings.h"
#include "worker/clickhouse/clickhouse_diagnosis.h"
#include "worker/clickhouse/deduplication.h"
#include "worker/clickhouse/insert.h"
#include "worker/clickhouse/insert_trial.h"
#include "worker/clickhouse/inspection.h"
#include "worker/clickhouse/table.h"
#include "worker/clickhouse/table_engine.h"
#include "worker/clickhouse/table_questions.h"
#include "worker/commands/check_expiry.h"
#include "worker/commands/resolve.h"

namespace event_consumer {
namespace {

constexpr const char* kUnexpectedAnswer = "see the log of ClickHouse, and try again";

bool any_default(const std::vector<Column>& columns) {
  return std::any_of(columns.begin(), columns.end(),
                     [](const Column& column) { return column.has_default; });
}

// Asks one thing after the other; what one step found out, the next ones use.
class ClickHouseCheck {
 public:
  // Of the one `server`.
  ClickHouseCheck(const Options& options, const ClickHouseServer& server, Report& report)
      : options_(options),
        report_(report),
        http_(server),
        name_{options.clickhouse_database, options.clickhouse_table} {}

  void run() {
    if (!check_host(http_.server().host, "CLICKHOUSE_HOST", report_)) return;
    if (!check_server()) return;
    const auto target = read_target(http_, facts_, name_);
    if (!target) return report_error(target.error());
    if (!target.value()) return report_absent();
    report_target(*target.value());
  }

  // Those that events fill; none when the table could not be looked at.
  const std::vector<Column>& columns() const { return columns_; }

 private:
  // Reports a refusal, and then returns nothing.
  template <typename T>
  std::optional<T> ask(const Question<T>& question) {
    const HttpAnswer answer = put_question(http_, question.query);
    if (!answer.ok()) {
      report_failure(http_.server().describe(), answer);
      return std::nullopt;
    }
    auto read = question.read(answer.body);
    if (read) return std::move(*read);
    report_error(read.error());
    return std::nullopt;
  }

  void report_error(const Error& error) {
    report_.bad(error.kind, error.message, kUnexpectedAnswer);
  }

  void report_failure(const std::string& what, const HttpAnswer& answer) {
    const Diagnosis diagnosis = diagnose_clickhouse(answer, http_.server());
    report_.bad(diagnosis.kind, what + ": " + diagnosis.cause, diagnosis.remedy);
  }

  bool check_server() {
    const auto version = ask(version_question());
    if (!version) return false;
    if (version->empty() || version->front() < '0' || version->front() > '9') {
      report_.bad(ErrorKind::kConfiguration,
                  http_.server().describe() + " answers HTTP, but is no ClickHouse",
                  "correct CLICKHOUSE_HOST and CLICKHOUSE_PORT");
      return false;
    }
    // The facts are read with them.
    const auto accepted = check_settings();
    if (!accepted) return false;
    auto facts = read_server_facts(http_);
    if (!facts) {
      report_error(facts.error());
      return false;
    }
    facts_ = std::move(*facts);
    report_.good(fmt::format("{}: reachable, version {}, logged in as user {}",
                             http_.server().describe(), facts_.version, http_.server().user));
    report_expiry(http_.server().describe(), http_.first_to_expire(), report_);
    for (const auto& [name, value] : *accepted)
      report_.good(fmt::format("setting {} = {}: sent with each insert", name, value));
    return true;
  }

  std::optional<InsertSettings> check_settings() {
    auto accepted = read_accepted_settings(http_);
    if (accepted) return std::move(*accepted);
    report_.bad(accepted.error().kind, accepted.error().message,
                "correct CLICKHOUSE_SETTINGS (--clickhouse-setting), or leave the setting out");
    return std::nullopt;
  }

  void report_absent() {
    const auto explained = explain_absent(http_, facts_, name_);
    if (!explained) return report_error(explained.error());
    const auto& [absent, remedy, is_slip] = explained.value();
    if (!may_create_table(options_) || is_slip)
      return report_.bad(ErrorKind::kConfiguration, absent, remedy);
    const auto read_only = ask(read_only_question());
    if (!read_only) return;
    if (*read_only)
      return report_.bad(ErrorKind::kConfiguration,
                         absent + ", and user " + http_.server().user + " may only read",
                         "create it, and give the user the right to insert");
    report_.note(absent + ": it would be created, as the one for click events" +
                 how_durable(facts_, options_.durable));
    report_required(required_columns(options_, created_columns()), created_columns());
    std::vector<Column> columns;
    for (const std::string& name : created_columns())
      columns.push_back({name, *parse_column_type("String")});
    find_origins(columns);
    TableTarget created;
    created.table.engine = "MergeTree";
    created.table.engine_full = "MergeTree SETTINGS";
    if (facts_.knows_deduplication_window && facts_.knows_deduplication_token)
      created.table.engine_full += " non_replicated_deduplication_window = 1,";
    if (options_.durable && facts_.knows_durable_inserts)
      created.table.engine_full += " fsync_after_insert = 1,";
    report_promises(created);
  }

  void report_target(const TableTarget& target) {
    const std::string table =
        fmt::format("table {}: exists, engine {}", name_.quoted(), target.table.engine);
    report_.good(target.inner ? table + ", whose rows go to " + target.inner->name.quoted()
                              : table);
    const auto wrong = find_wrong(http_, facts_, target, options_.allow_buffer);
    if (!wrong) return report_error(wrong.error());
    if (wrong.value())
      return report_.bad(ErrorKind::kConfiguration, wrong.value()->message, wrong.value()->remedy);
    check_columns();
    report_promises(target);
  }

  // Each column is judged by itself, as a worker judges all of them.
  void check_columns() {
    const auto described = ask(columns_question(name_, facts_));
    if (!described) return;
    std::vector<Result<std::optional<Column>>> judged;
    std::vector<Column> written;
    std::vector<std::string> names;
    for (const ColumnDescription& each : *described) {
      const auto& column = judged.emplace_back(writable_column(each, name_, facts_));
      if (!column || !column.value()) continue;
      names.push_back(each.name);
      written.push_back(*column.value());
    }
    const std::vector<std::string> required = required_columns(options_, names);
    const std::vector<ColumnOrigin> origins = find_origins(written);
    auto origin = origins.begin();
    for (std::size_t i = 0; i < judged.size(); ++i) {
      const bool is_written = judged[i] && judged[i].value();
      const std::string from = is_written ? describe(*origin++, takes_any_body(origins)) : "";
      report_column((*described)[i], judged[i], from, contains(required, (*described)[i].name));
    }
    if (takes_any_body(origins))
      report_.good("no column is filled from events: bodies are taken as they are, JSON or not");
    report_alike(names);
    if (any_default(written) && row_format(written, facts_) == RowFormat::kRowBinary)
      report_.note(
          "a message of several events that leave out different columns with a DEFAULT takes "
          "several inserts in this version of ClickHouse: it is stored at least once, and may be "
          "seen in part");
    report_required(required, names);
    check_rights(written);
    columns_ = std::move(written);
  }

  // Without the options where those are wrong.
  std::vector<ColumnOrigin> find_origins(const std::vector<Column>& columns) {
    auto origins = column_origins(columns, options_.column_sources);
    if (origins) return std::move(*origins);
    report_.bad(origins.error().kind, origins.error().message,
                "correct EVENT_CONSUMER_COLUMNS (--column), or the table");
    return *column_origins(columns, {});
  }

  void report_column(const ColumnDescription& described,
                     const Result<std::optional<Column>>& judged, const std::string& from,
                     bool is_required) {
    if (!judged)
      return report_.note(judged.error().message + ": it is left to its DEFAULT, or empty");
    const std::string column = fmt::format("column {} {}: ", described.name, described.type);
    if (!judged.value())
      return report_.good(fmt::format("{}left to ClickHouse ({} {})", column,
                                      described.default_kind, described.default_expression));
    const std::string when_absent = judged.value()->has_default     ? "DEFAULT applies"
                                    : judged.value()->type.nullable ? "NULL"
                                                                    : "empty";
    report_.good(fmt::format("{}from {}, {}", column, from,
                             is_required ? "required" : "if absent: " + when_absent));
  }

  void report_alike(const std::vector<std::string>& names) {
    std::map<std::string, std::string> by_lower_case;
    for (const std::string& name : names) {
      const auto [first, is_new] = by_lower_case.emplace(to_lower(name), name);
      if (!is_new)
        report_.note("columns " + first->second + " and " + name +
                     " differ in case alone: only a key in the very case of one is taken for it");
    }
  }

  void report_required(const std::vector<std::string>& required,
                       const std::vector<std::string>& names) {
    for (const std::string& name : required)
      if (!contains(names, name))
        report_.bad(ErrorKind::kConfiguration,
                    "required column " + name + " is none that the table takes from events",
                    "correct EVENT_CONSUMER_REQUIRED (--required; '' requires none)");
  }

  void check_rights(const std::vector<Column>& columns) {
    if (columns.empty())
      return report_.bad(ErrorKind::kConfiguration, name_.quoted() + " has no column to write",
                         "add one, or correct CLICKHOUSE_TABLE");
    const HttpAnswer answer = post_no_rows(http_, facts_, name_, columns);
    if (!answer.ok()) return report_failure(cannot_insert(http_.server(), name_), answer);
    report_.good(fmt::format("user {} may insert into {}", http_.server().user, name_.quoted()));
  }

  // What a worker says in its line of the start.
  void report_promises(const TableTarget& target) {
    const TableDeduplication deduplication = judge_deduplication(facts_, target);
    report(deduplication.deduplicates, deduplication.explanation);
    const StoredIn stored_in = judge_stored(facts_, target);
    report(stored_in.durability != Durability::kMemory, "stored means " + describe(stored_in));
  }

  void report(bool is_good, const std::string& what) {
    if (is_good)
      report_.good(what);
    else
      report_.note(what);
  }

  const Options& options_;
  Report& report_;
  ClickHouseHttp http_;
  TableName name_;
  ServerFacts facts_;
  std::vector<Column> columns_;
};

}  // namespace

std::vector<Column> check_clickhouse(const Options& options, Report& report) {
  std::vector<Column> columns;
  for (const HostPort& host : options.clickhouse_hosts) {
    ClickHouseServer server = clickhouse_server(options);
    server.host = host.host;
    server.port = host.port;
    server.alternatives.clear();
    ClickHouseCheck check(options, server, report);
    check.run();
    if (!check.columns().empty()) columns = check.columns();
  }
  return columns;
}

}  // namespace event_consumer
