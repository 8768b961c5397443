#include "tests/chaos/event_account.h"

#include "tests/chaos/chaos_verdict.h"
#include "tests/support/catch.h"

namespace event_consumer::testing {
namespace {

// Twelve events of which the eleventh is bad, and what is to be of them: all confirmed, each good
// one stored once, also behind the view, and the bad one dead-lettered.
Observed all_is_well() {
  Observed observed;
  observed.published = 12;
  observed.is_bad = [](std::uint64_t id) { return id == 10; };
  observed.has_view = true;
  observed.dead_lettered.resize(12);
  for (std::uint64_t id = 0; id < 12; ++id) {
    observed.confirmed.push_back(id);
    observed.stored.push_back(id == 10 ? 0 : 1);
  }
  observed.in_view = observed.stored;
  observed.dead_lettered[10] = 1;
  return observed;
}

// A fault that is covered from event 4 on, and one that is not from event 8 on.
const std::vector<Fault> kFaults = {{FaultKind::kKillWorker, 4}, {FaultKind::kKillClickhouse, 8}};

std::vector<std::string> findings(const Observed& observed, bool deduplicates = true) {
  RunResult run{"quorum", deduplicates ? "deduplicating" : "plain", deduplicates, kFaults, {}, {}};
  run.account = account_for(observed, kFaults);
  return findings_of(run);
}

}  // namespace

TEST_CASE("chaos account: nothing is found where each event is stored once") {
  const Account account = account_for(all_is_well(), kFaults);
  CHECK(account.before.stored == 4);
  CHECK(account.faults[0].stored == 4);
  CHECK(account.faults[1].stored == 3);
  CHECK(account.faults[1].dead_lettered == 1);
  CHECK(findings(all_is_well()).empty());
}

TEST_CASE("chaos account: a confirmed event that is nowhere is lost, by the fault before it") {
  Observed observed = all_is_well();
  observed.stored[7] = observed.in_view[7] = 0;
  CHECK(account_for(observed, kFaults).faults[0].lost == 1);
  const std::vector<std::string> expected = {
      "quorum queue, deduplicating table, fault 1, worker killed: 1 events lost"};
  CHECK(findings(observed) == expected);
  CHECK(findings(observed, false).size() == 1);
}

TEST_CASE("chaos account: an event is not excused by a fault that may double it") {
  Observed observed = all_is_well();
  observed.stored[9] = observed.in_view[9] = 0;
  CHECK(findings(observed).size() == 1);
}

TEST_CASE("chaos account: an event that was not confirmed may be stored or not, but once") {
  Observed observed = all_is_well();
  observed.confirmed.erase(observed.confirmed.begin() + 5);
  CHECK(findings(observed).empty());
  observed.stored[5] = observed.in_view[5] = 0;
  CHECK(findings(observed).empty());
  observed.stored[5] = observed.in_view[5] = 2;
  CHECK(findings(observed).size() == 2);
}

TEST_CASE("chaos account: a doubled event is found where the table deduplicates") {
  Observed observed = all_is_well();
  observed.stored[0] = 2;
  observed.stored[4] = 3;
  const Account account = account_for(observed, kFaults);
  CHECK(account.before.doubled == 1);
  CHECK(account.faults[0].doubled == 1);
  CHECK(findings(observed).size() == 2);
  CHECK(findings(observed, false).empty());
}

TEST_CASE("chaos account: what a fault doubles that is not covered is counted, and no finding") {
  Observed observed = all_is_well();
  observed.stored[8] = observed.in_view[8] = 2;
  CHECK(account_for(observed, kFaults).faults[1].doubled == 1);
  CHECK(account_for(observed, kFaults).faults[1].view_doubled == 1);
  CHECK(findings(observed).empty());
}

TEST_CASE("chaos account: the table behind the view is counted by itself") {
  Observed observed = all_is_well();
  observed.in_view[4] = 2;
  observed.in_view[5] = 0;
  const Sums sums = account_for(observed, kFaults).faults[0];
  CHECK(sums.view_doubled == 1);
  CHECK(sums.view_lost == 1);
  CHECK(sums.doubled == 0);
  CHECK(findings(observed).size() == 2);
  observed.has_view = false;
  observed.in_view.clear();
  CHECK(findings(observed).empty());
}

TEST_CASE(
    "chaos account: a good event that is dead-lettered is misjudged, and so is a stored bad") {
  Observed observed = all_is_well();
  observed.dead_lettered[4] = 1;
  CHECK(account_for(observed, kFaults).faults[0].misjudged == 1);
  observed.stored[10] = observed.in_view[10] = 1;
  CHECK(account_for(observed, kFaults).faults[1].misjudged == 1);
  CHECK(findings(observed).size() == 2);
}

TEST_CASE("chaos account: a bad event that is not dead-lettered is lost, and may be so twice") {
  Observed observed = all_is_well();
  observed.dead_lettered[10] = 2;
  CHECK(account_for(observed, kFaults).faults[1].letters_doubled == 1);
  CHECK(findings(observed).empty());
  observed.dead_lettered[10] = 0;
  CHECK(account_for(observed, kFaults).faults[1].lost == 1);
}

TEST_CASE("chaos account: rows that nobody published are counted, too") {
  Observed observed = all_is_well();
  observed.stored.resize(15, 2);
  CHECK(account_for(observed, kFaults).faults[1].doubled == 3);
}

TEST_CASE("chaos account: what a fault has taken is not lost, and counts for that fault") {
  Observed observed = all_is_well();
  for (const std::uint64_t id : {2, 5, 6}) observed.stored[id] = observed.in_view[id] = 0;
  std::vector<Fault> faults = {{FaultKind::kDeleteQueue, 4}, {FaultKind::kDropTable, 8}};
  faults[0].taken = {5, {1}};
  faults[1].taken = {0, {1, 1, 1, 1, 1}};
  const Account account = account_for(observed, faults);
  CHECK(account.before.taken == 0);
  CHECK(account.faults[0].taken == 1);
  CHECK(account.faults[1].taken == 1);
  // In no queue and in no table when they went.
  CHECK(account.before.lost == 0);
  CHECK(account.faults[0].lost == 1);
}

TEST_CASE("chaos account: what could have been taken, and was stored or dead-lettered, is not") {
  Observed observed = all_is_well();
  std::vector<Fault> faults = {{FaultKind::kDeleteQueue, 4}};
  faults[0].taken = {4, Counts(8, 1)};
  CHECK(account_for(observed, faults).faults[0].taken == 0);
  // One that the broker has not confirmed was perhaps never there.
  observed.confirmed.erase(observed.confirmed.begin() + 5);
  observed.stored[5] = observed.in_view[5] = 0;
  CHECK(account_for(observed, faults).faults[0].taken == 0);
  observed.dead_lettered[10] = 0;
  CHECK(account_for(observed, faults).faults[0].taken == 1);
}

TEST_CASE("chaos account: what was doubled in a table is so when the table has gone, too") {
  Observed observed = all_is_well();
  observed.stored[1] = observed.in_view[1] = 0;
  std::vector<Fault> faults = {{FaultKind::kDropTable, 4}};
  faults[0].taken = {0, {1, 2}};
  const Account account = account_for(observed, faults);
  CHECK(account.before.doubled == 1);
  CHECK(account.before.lost == 0);
  CHECK(account.faults[0].taken == 1);
}

TEST_CASE("chaos verdict: a row for each class, with the median and the worst time") {
  RunResult run{"classic", "plain", false, {}, {}, {}};
  for (const double seconds : {3.0, 1.0, 2.0})
    run.faults.push_back({FaultKind::kCutLinks, 0, seconds > 1, seconds});
  run.faults.push_back({FaultKind::kKillWorker, 0, true, 9});
  run.account.faults.resize(4);
  run.account.faults[1].doubled = run.account.faults[2].doubled = 5;
  const auto rows = rows_of({run});
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].kind == FaultKind::kKillWorker);
  CHECK(rows[1].count == 3);
  CHECK(rows[1].in_hand == 2);
  CHECK(rows[1].sums.doubled == 10);
  CHECK(rows[1].median_seconds == 2);
  CHECK(rows[1].worst_seconds == 3);
}

TEST_CASE("chaos verdict: what hangs is found") {
  RunResult run{"classic", "plain", false, {}, {}, {"nothing moves"}};
  CHECK(findings_of(run).size() == 1);
}

}  // namespace event_consumer::testing
