#include "worker/clickhouse/inspection.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "worker/clickhouse/accepted_settings.h"
#include "worker/clickhouse/clickhouse_diagnosis.h"
#include "worker/clickhouse/exception_class.h"
#include "worker/clickhouse/insert_trial.h"
#include "worker/diagnosis.h"

namespace event_consumer {
namespace {

// Of a server that is only looked at, for each answer.
constexpr std::chrono::seconds kTimeout{10};

}  // namespace

Inspection make_inspection(ServerFacts facts, OpenTable table) {
  auto deduplication = judge_deduplication(facts, table.target);
  const StoredIn stored_in = judge_stored(facts, table.target);
  return {std::move(facts), std::move(table), std::move(deduplication), stored_in};
}

Result<ServerFacts> read_facts(ClickHouseHttp& http) {
  if (auto accepted = read_accepted_settings(http); !accepted) return accepted.error();
  return read_server_facts(http);
}

Result<std::optional<WrongTarget>> find_wrong(ClickHouseHttp& http, const ServerFacts& facts,
                                              const TableTarget& target, bool allow_buffer) {
  auto wrong = judge_target(facts, target, allow_buffer);
  if (wrong || !is_kept_by_shards(target)) return wrong;
  const auto awaits = awaits_shards(http, facts);
  if (!awaits) return awaits.error();
  if (!awaits.value())
    wrong = WrongTarget{
        "rows for " + target.table.name.quoted() + " go to a Distributed table, and the setting " +
            distributed_setting(facts) +
            " does not reach ClickHouse: its answer would only mean that they wait for the shards",
        "have the proxy before it pass on the parameters of the URL"};
  return wrong;
}

Result<Done> expect_target(ClickHouseHttp& http, const ServerFacts& facts,
                           const TableTarget& target, bool allow_buffer) {
  const auto wrong = find_wrong(http, facts, target, allow_buffer);
  if (!wrong) return wrong.error();
  if (!wrong.value()) return Done{};
  return Error{ErrorKind::kConfiguration,
               with_remedy(wrong.value()->message, wrong.value()->remedy)};
}

bool is_absent(const Result<OpenTable>& table) {
  return table ? table.value().columns.empty() : names_absent_table(table.error().peer_code);
}

Inspector::Inspector(ClickHouseServer server, TableName table, bool allow_buffer)
    : server_(std::move(server)), table_(std::move(table)), allow_buffer_(allow_buffer) {
  server_.alternatives.clear();
  server_.timeout = std::min(server_.timeout, kTimeout);
}

// ClickHouse 18.16 dies of SIGSEGV when an INSERT meets the CREATE of its table: one that was
// absent before is left alone until the next look.
Result<Inspection> Inspector::look() {
  ClickHouseHttp http(server_);
  auto facts = read_facts(http);
  if (!facts) return facts.error();
  auto table = open_table(http, *facts, table_, /*create=*/false);
  const bool was_absent = std::exchange(was_absent_, is_absent(table));
  if (!table) return table.error();
  if (was_absent_ || was_absent)
    return Error{ErrorKind::kUnavailable, "its table " + table_.quoted() + " has just come"};
  if (auto fits = expect_target(http, *facts, table->target, allow_buffer_); !fits)
    return fits.error();
  const HttpAnswer answer = post_no_rows(http, *facts, table_, table->columns);
  if (!answer.ok()) {
    const Diagnosis diagnosis = diagnose_clickhouse(answer, server_);
    return Error{diagnosis.kind, with_remedy(cannot_insert(server_, table_) + " on " +
                                                 server_.describe() + ": " + diagnosis.cause,
                                             diagnosis.remedy)};
  }
  return make_inspection(std::move(*facts), std::move(*table));
}

}  // namespace event_consumer
