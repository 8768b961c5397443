#include "worker/insert/refusal_search.h"

#include <memory>
#include <optional>
#include <utility>

#include "tests/fakes/batches.h"
#include "tests/fakes/settlement_rig.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using testing::id;
using testing::tags_of;
using Step = RefusalSearch::Step;
using Tags = std::vector<DeliveryTag>;

// A sealed batch of these messages, a row each.
BatchPtr batch(const Tags& tags) {
  auto batch = std::make_unique<Batch>();
  for (const DeliveryTag tag : tags) testing::append(*batch, id(tag), "row");
  batch->seal();
  return batch;
}

class SearchRig {
 public:
  // As the stage asks it. Nothing when the batch is to be posted again as it is.
  std::optional<Step> refused(BatchPtr& one, ErrorClass error_class, bool others_wait = true,
                              bool is_in_table = false) {
    InsertOutcome outcome{InsertOutcome::Kind::kRefused, 1, "bad row", error_class};
    outcome.server.stored_in.durability = stored_in;
    if (is_in_table) one->refusals().is_in_table = true;
    search.note_refusal(*one, outcome);
    const bool is_tried_again = search.is_tried_again(*one);
    hurries = search.hurries(*one);
    if (is_tried_again) return std::nullopt;
    return search.refused(std::move(one), others_wait, now);
  }
  Step refused(BatchPtr one, bool others_wait = true) {
    return *refused(one, ErrorClass::kData, others_wait);
  }
  std::vector<BatchPtr> stored() { return search.stored(*batch({99}), now); }
  // Refused for no clear reason, until that makes a difference. Returns how often.
  int insist(BatchPtr& one, std::optional<Step>& step) {
    int times = 0;
    do {
      step = refused(one, ErrorClass::kUnclear);
      ++times;
    } while (!step);
    return times;
  }

  // A new batch of so many messages.
  std::vector<BatchPtr> stored_many(std::size_t count) {
    return search.stored(*batch(Tags(count, 99)), now);
  }

  testing::QuietLog quiet;
  const TimePoint now{};
  Durability stored_in = Durability::kPageCache;
  RefusalSearch search;
  bool hurries = false;  // at the latest refusal
};

// Behind a Distributed table message 1 was set apart for no clear reason.
struct ShardedRig : SearchRig {
  ShardedRig() {
    stored_in = Durability::kShards;
    BatchPtr one = batch({1});
    insist(one, step);
  }
  std::optional<Step> step;
};

TEST_CASE("refusal search: a batch is cut in halves, first to be tried", "[refusal_search]") {
  SearchRig rig;
  const Step step = rig.refused(batch({1, 2, 3}));
  REQUIRE(step.first.size() == 2);
  CHECK(tags_of(*step.first[0]) == Tags{1});
  CHECK(tags_of(*step.first[1]) == Tags{2, 3});
  CHECK(step.at_fault.empty());
  CHECK(step.pause.empty());
  CHECK(step.doubled_rows == 0);
  CHECK(rig.search.held_bytes() == 0);
}

TEST_CASE("refusal search: one alone has its trial when another was stored", "[refusal_search]") {
  SearchRig rig;
  CHECK(rig.refused(batch({1})).at_fault.empty());
  CHECK(rig.search.apart() == 1);
  CHECK(rig.search.held_bytes() == 3);
  std::vector<BatchPtr> trial = rig.stored();
  REQUIRE(trial.size() == 1);
  CHECK(rig.search.held_bytes() == 0);
  const Step step = rig.refused(std::move(trial[0]));
  REQUIRE(step.at_fault.size() == 1);
  CHECK(step.at_fault[0].message == id(1));
  CHECK(step.at_fault[0].rejection.error == "bad row");
}

TEST_CASE("refusal search: what was stored before a refusal is no witness", "[refusal_search]") {
  SearchRig rig;
  rig.stored();
  CHECK(rig.refused(batch({1}), /*others_wait=*/false).at_fault.empty());
  CHECK(rig.search.apart() == 1);
}

TEST_CASE("refusal search: refused again and again with nothing stored proves nothing",
          "[refusal_search]") {
  SearchRig rig;
  BatchPtr one = batch({1});
  for (int round = 0; round < 20; ++round) {
    const Step step = rig.refused(std::move(one), /*others_wait=*/false);
    CHECK(step.at_fault.empty());
    CHECK(step.pause.empty());
    std::vector<BatchPtr> again = rig.search.take_round();
    REQUIRE(again.size() == 1);
    one = std::move(again[0]);
  }
}

TEST_CASE("refusal search: another fault between witness and trial makes the trial void",
          "[refusal_search]") {
  SearchRig rig;
  rig.refused(batch({1}));
  std::vector<BatchPtr> trial = rig.stored();
  rig.search.failed_otherwise();
  CHECK(rig.refused(std::move(trial[0])).at_fault.empty());
  trial = rig.stored();
  CHECK(rig.refused(std::move(trial[0])).at_fault.size() == 1);
}

TEST_CASE("refusal search: eight in a row are no fault of theirs", "[refusal_search]") {
  SearchRig rig;
  rig.stored();
  for (DeliveryTag tag = 1; tag <= 7; ++tag) {
    CHECK(rig.refused(batch({tag})).pause.empty());
    CHECK_FALSE(rig.search.is_in_doubt());
  }
  const Step step = rig.refused(batch({8}));
  CHECK(step.pause ==
        "bad row; 8 rows in a row are refused one by one, as if it were not their fault");
  CHECK(step.at_fault.empty());
  CHECK(rig.search.is_in_doubt());
  CHECK(rig.search.apart() == 8);
  CHECK(rig.refused(batch({9})).pause.empty());
}

TEST_CASE("refusal search: no more than eight are tried on one witness", "[refusal_search]") {
  SearchRig rig;
  for (DeliveryTag tag = 1; tag <= 10; ++tag) rig.refused(batch({tag}));
  CHECK(rig.stored().size() == 8);
  const auto round = rig.search.take_round();
  REQUIRE(round.size() == 2);
  CHECK(tags_of(*round[0]) == Tags{9});
}

TEST_CASE("refusal search: those set apart are tried in turns", "[refusal_search]") {
  SearchRig rig;
  for (DeliveryTag tag = 1; tag <= 10; ++tag) rig.refused(batch({tag}));
  for (BatchPtr& one : rig.search.take_round()) rig.refused(std::move(one));
  const auto round = rig.search.take_round();
  REQUIRE(round.size() == 8);
  CHECK(tags_of(*round[0]) == Tags{9});
  CHECK(tags_of(*round[2]) == Tags{1});
}

TEST_CASE("refusal search: until anything was stored in these columns it may be everybody's fault",
          "[refusal_search]") {
  SearchRig rig;
  rig.refused(batch({1}));
  CHECK(rig.search.is_in_doubt());
  CHECK(rig.stored().size() == 1);
  rig.refused(batch({2}));
  CHECK_FALSE(rig.search.is_in_doubt());
  CHECK(rig.search.columns_changed().size() == 1);
  CHECK(rig.search.apart() == 0);
  rig.refused(batch({3}));
  CHECK(rig.search.is_in_doubt());
}

TEST_CASE("refusal search: for no clear reason a batch is tried thrice, then cut",
          "[refusal_search]") {
  SearchRig rig;
  BatchPtr one = batch({1, 2, 3, 4});
  std::optional<Step> step;
  CHECK(rig.insist(one, step) == 3);
  CHECK_FALSE(rig.hurries);
  REQUIRE(step->first.size() == 2);
  BatchPtr half = std::move(step->first[0]);
  CHECK(rig.insist(half, step) == 2);
  CHECK_FALSE(rig.hurries);
}

TEST_CASE("refusal search: a part that is stored makes the search go on quickly",
          "[refusal_search]") {
  SearchRig rig;
  std::vector<BatchPtr> parts = rig.refused(batch({1, 2, 3, 4})).first;
  std::optional<Step> step;
  rig.search.stored(*parts[1], rig.now);
  CHECK(rig.insist(parts[0], step) == 2);
  CHECK(rig.hurries);
  // But not for ever.
  for (int more = 0; more < 4; ++more) {
    BatchPtr other = batch({5, 6});
    rig.refused(other, ErrorClass::kUnclear);
    CHECK(rig.hurries);
  }
  BatchPtr other = batch({5, 6});
  rig.refused(other, ErrorClass::kUnclear);
  CHECK_FALSE(rig.hurries);
}

TEST_CASE("refusal search: for no clear reason one alone is tried thrice on its trial",
          "[refusal_search]") {
  SearchRig rig;
  BatchPtr one = batch({1});
  std::optional<Step> step;
  // Without a witness once is enough: it is only set apart.
  CHECK(rig.insist(one, step) == 1);
  CHECK(step->at_fault.empty());
  std::vector<BatchPtr> round = rig.search.take_round();
  CHECK(rig.insist(round[0], step) == 1);
  CHECK(step->at_fault.empty());
  std::vector<BatchPtr> trial = rig.stored();
  CHECK(rig.insist(trial[0], step) == 3);
  CHECK(rig.hurries);
  CHECK(step->at_fault.size() == 1);
}

TEST_CASE("refusal search: what a view refuses is in the table, and its halves may double it",
          "[refusal_search]") {
  SearchRig rig;
  BatchPtr one = batch({1, 2, 3});
  std::optional<Step> step;
  for (int time = 0; time < 3; ++time)
    step = rig.refused(one, ErrorClass::kUnclear, /*others_wait=*/true, /*is_in_table=*/true);
  REQUIRE(step);
  CHECK(step->doubled_rows == 3);
  // So may those of one that was left without an answer.
  BatchPtr other = batch({4, 5});
  other->set_may_be_stored({});
  CHECK(rig.refused(std::move(other)).doubled_rows == 2);
}

TEST_CASE("refusal search: a message of several rows is never cut", "[refusal_search]") {
  SearchRig rig;
  auto one = std::make_unique<Batch>();
  testing::append(*one, id(1), "abc", 3);
  one->seal();
  const Step step = rig.refused(std::move(one), /*others_wait=*/false);
  CHECK(step.first.empty());
  CHECK(rig.search.apart() == 1);
}

TEST_CASE("refusal search: what is stored may be on another shard, and is no witness",
          "[refusal_search]") {
  ShardedRig rig;
  CHECK(rig.search.apart() == 1);
  CHECK(rig.stored_many(200).empty());
  CHECK(rig.search.others_stored(/*is_run=*/false).empty());
  CHECK(rig.search.is_in_doubt());
  // The shard, or a row of this batch: it begins anew.
  BatchPtr another = batch({2, 3});
  rig.refused(another, ErrorClass::kUnclear);
  CHECK(rig.stored_many(255).empty());
  // So many went to each shard.
  std::vector<BatchPtr> trial = rig.stored_many(1);
  REQUIRE(trial.size() == 1);
  CHECK_FALSE(rig.search.is_in_doubt());
  CHECK(rig.insist(trial[0], rig.step) == 3);
  CHECK(rig.step->at_fault.size() == 1);
}

TEST_CASE("refusal search: what another worker has stored in a row is a witness for each shard",
          "[refusal_search]") {
  ShardedRig rig;
  std::vector<BatchPtr> trial = rig.search.others_stored(/*is_run=*/true);
  REQUIRE(trial.size() == 1);
  rig.insist(trial[0], rig.step);
  CHECK(rig.step->at_fault.size() == 1);
}

TEST_CASE("refusal search: a run begins when the post of its first message does",
          "[refusal_search]") {
  SearchRig rig;
  const TimePoint later = rig.now + std::chrono::seconds(1);
  rig.search.stored(*batch({1}), rig.now);
  rig.search.stored(*batch(Tags(254, 99)), later);
  CHECK_FALSE(rig.search.last_run_posted_at());
  rig.search.stored(*batch({2}), later);
  CHECK(rig.search.last_run_posted_at() == rig.now);
  rig.search.stored(*batch(Tags(256, 99)), later);
  CHECK(rig.search.last_run_posted_at() == later);
}

// Rows of another format follow in an insert of their own.
TEST_CASE("refusal search: in a run a message counts with the rows that it has there",
          "[refusal_search]") {
  ShardedRig rig;
  const auto other = testing::insert_format("INSERT OTHER");
  auto mixed = std::make_unique<Batch>();
  testing::append(*mixed, id(2), "row");
  for (DeliveryTag tag = 3; tag < 300; ++tag)
    testing::append(*mixed, id(tag), "row", 1, rig.now, other);
  mixed->seal();
  REQUIRE(mixed->runs().size() > 256);
  REQUIRE(mixed->rows() == 1);
  CHECK(rig.search.stored(*mixed, rig.now).empty());
  CHECK(rig.search.stored(*mixed->make_rest(), rig.now).size() == 1);
}

TEST_CASE("refusal search: a shard in doubt does not delay what is refused for its values",
          "[refusal_search]") {
  ShardedRig rig;
  rig.refused(batch({2}));
  std::vector<BatchPtr> trial = rig.stored();
  REQUIRE(trial.size() == 1);
  CHECK(tags_of(*trial[0]) == Tags{2});
  CHECK(rig.refused(std::move(trial[0])).at_fault.size() == 1);
  CHECK(rig.search.apart() == 1);
}

TEST_CASE("refusal search: a trial is void when a shard may refuse all that it gets meanwhile",
          "[refusal_search]") {
  ShardedRig rig;
  std::vector<BatchPtr> trial = rig.stored_many(256);
  REQUIRE(trial.size() == 1);
  BatchPtr another = batch({2, 3});
  rig.refused(another, ErrorClass::kUnclear);
  rig.insist(trial[0], rig.step);
  CHECK(rig.step->at_fault.empty());
  CHECK(rig.search.apart() == 1);
}

TEST_CASE("refusal search: when a shard is mended, all that was set apart follows",
          "[refusal_search]") {
  SearchRig rig;
  rig.stored_in = Durability::kShards;
  std::optional<Step> step;
  for (DeliveryTag tag = 1; tag <= 20; ++tag) {
    BatchPtr one = batch({tag});
    rig.insist(one, step);
  }
  std::vector<BatchPtr> round = rig.search.take_round();
  CHECK(round.size() == 8);
  CHECK(rig.search.stored(*round[0], rig.now).size() == 8);
  CHECK(rig.search.stored(*round[1], rig.now).size() == 4);
}

TEST_CASE("refusal search: behind a Distributed table rows that are bad are found as elsewhere",
          "[refusal_search]") {
  SearchRig rig;
  rig.stored_in = Durability::kShards;
  rig.refused(batch({1}));
  std::vector<BatchPtr> trial = rig.stored();
  REQUIRE(trial.size() == 1);
  CHECK(rig.refused(std::move(trial[0])).at_fault.size() == 1);
}

}  // namespace
}  // namespace event_consumer
