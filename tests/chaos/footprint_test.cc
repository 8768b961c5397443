#include "tests/chaos/footprint.h"

#include <unistd.h>

#include "tests/chaos/chaos_verdict.h"
#include "tests/support/catch.h"

namespace event_consumer::testing {
namespace {

Footprint some_look() {
  Footprint look;
  std::uint64_t value = 100;
  for (const Measure& measure : measures()) look.*measure.member = value++;
  return look;
}

std::vector<std::string> findings(const std::vector<Footprint>& looks) {
  RunResult run{"quorum", "plain", false, {}, {}, {}, looks};
  return findings_of(run);
}

}  // namespace

TEST_CASE("chaos footprint: what stays as it is is flat") {
  const std::vector<Footprint> looks(kLooksToJudge, some_look());
  REQUIRE(trends_of(looks).size() == measures().size());
  for (const Trend& trend : trends_of(looks)) CHECK(trend.first == trend.last);
  CHECK(findings(looks).empty());
}

TEST_CASE("chaos footprint: what grows is found, by as much as it may not") {
  std::vector<Footprint> looks(2 * kLooksToJudge, some_look());
  const auto grow = [&](std::uint64_t Footprint::*member, std::uint64_t by) {
    for (std::size_t i = looks.size() - 10; i < looks.size(); ++i) looks[i].*member += by;
  };
  grow(&Footprint::ledger_bytes, 21);
  CHECK(findings(looks).empty());
  grow(&Footprint::ledger_bytes, 1);
  grow(&Footprint::worker_descriptors, 1);
  const std::vector<std::string> expected = {
      "quorum queue, plain table, descriptors of a worker grew from 107 to 108",
      "quorum queue, plain table, ledger on the disk grew from 108 to 130"};
  CHECK(findings(looks) == expected);
  grow(&Footprint::worker_rss, 1000);
  CHECK(findings(looks) == expected);
}

TEST_CASE("chaos footprint: a worker has a batch more in hand, and nobody else") {
  constexpr std::uint64_t kBatch = 8 << 20;
  std::vector<Footprint> looks(2 * kLooksToJudge, some_look());
  const auto last_tenth = looks.end() - 10;
  for (auto look = last_tenth; look != looks.end(); ++look) look->worker_memory += kBatch;
  CHECK(findings(looks).empty());
  for (auto look = last_tenth; look != looks.end(); ++look) look->worker_memory += kBatch;
  CHECK(findings(looks).size() == 1);
  for (auto look = last_tenth; look != looks.end(); ++look) look->status_memory += kBatch;
  CHECK(findings(looks).size() == 2);
}

TEST_CASE("chaos footprint: one look of many, and what was larger, are no growth") {
  std::vector<Footprint> looks(kLooksToJudge, some_look());
  looks.back().supervisor_descriptors = 1000;
  looks.front().status_memory = 1;
  for (std::size_t i = 0; i < 10; ++i) looks[i].worker_memory = 1000;
  CHECK(findings(looks).empty());
}

TEST_CASE("chaos footprint: a short run is looked at, and not judged") {
  std::vector<Footprint> looks(kLooksToJudge - 1, some_look());
  for (std::size_t i = 40; i < looks.size(); ++i) looks[i].supervisor_memory = 10'000;
  CHECK(trends_of(looks)[0].last == 10'000);
  CHECK(findings(looks).empty());
  looks.resize(9);
  CHECK(trends_of(looks).empty());
}

TEST_CASE("chaos footprint: none of what is no instance") {
  CHECK_FALSE(look_at_footprint(getpid(), "/nowhere"));
}

}  // namespace event_consumer::testing
