#include "tests/chaos/chaos_verdict.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <map>

namespace event_consumer::testing {
namespace {

struct Gathered {
  ClassRow row;
  std::vector<double> seconds;
};

void add_findings(const std::string& where, const Sums& sums, bool may_double,
                  std::vector<std::string>& findings) {
  const auto add = [&](std::uint64_t events, const char* what) {
    if (events > 0) findings.push_back(fmt::format("{}: {} events {}", where, events, what));
  };
  add(sums.lost, "lost");
  add(sums.view_lost, "missing behind the view");
  add(sums.misjudged, "misjudged");
  if (may_double) return;
  add(sums.doubled, "doubled");
  add(sums.view_doubled, "doubled behind the view");
}

}  // namespace

Sums RunResult::total() const {
  Sums sums = account.before;
  for (const Sums& each : account.faults) sums += each;
  return sums;
}

std::vector<ClassRow> rows_of(const std::vector<RunResult>& runs) {
  std::map<FaultKind, Gathered> gathered;
  for (const RunResult& run : runs)
    for (std::size_t i = 0; i < run.faults.size(); ++i) {
      const Fault& fault = run.faults[i];
      auto& [row, seconds] = gathered[fault.kind];
      row.kind = fault.kind;
      ++row.count;
      row.in_hand += fault.in_hand;
      row.sums += run.account.faults[i];
      seconds.push_back(fault.seconds);
    }
  std::vector<ClassRow> rows;
  for (auto& [kind, each] : gathered) {
    std::sort(each.seconds.begin(), each.seconds.end());
    each.row.median_seconds = each.seconds[each.seconds.size() / 2];
    each.row.worst_seconds = each.seconds.back();
    rows.push_back(each.row);
  }
  return rows;
}

std::vector<std::string> findings_of(const RunResult& run) {
  std::vector<std::string> findings;
  const std::string where = run.queue + " queue, " + run.table + " table, ";
  for (const std::string& hang : run.hangs) findings.push_back(where + hang);
  add_findings(where + "before any fault", run.account.before, !run.deduplicates, findings);
  for (std::size_t i = 0; i < run.faults.size(); ++i) {
    const FaultClass& fault = class_of(run.faults[i].kind);
    add_findings(fmt::format("{}fault {}, {}", where, i + 1, fault.name), run.account.faults[i],
                 !run.deduplicates || fault.not_covered != nullptr, findings);
  }
  if (run.looks.size() < kLooksToJudge) return findings;
  for (const Trend& trend : trends_of(run.looks))
    if (!trend.is_flat)
      findings.push_back(
          fmt::format("{}{} grew from {} to {}", where, trend.of->name, trend.first, trend.last));
  return findings;
}

}  // namespace event_consumer::testing
