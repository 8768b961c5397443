#include "worker/insert/refusal_search.h"

#include <memory>

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
  for (const DeliveryTag tag : tags) {
    batch->buffer().append("row");
    batch->add(id(tag), 1, TimePoint(std::chrono::hours(1)));
  }
  batch->seal(testing::insert_format());
  return batch;
}

class SearchRig {
 public:
  Step refused(BatchPtr one, bool others_wait) {
    search.note_refusal("bad row");
    return search.refused(std::move(one), others_wait);
  }

  testing::QuietLog quiet;
  RefusalSearch search;
};

TEST_CASE("refusal search: a batch is cut in halves, first to be tried", "[refusal_search]") {
  SearchRig rig;
  const Step step = rig.refused(batch({1, 2, 3}), /*others_wait=*/true);
  REQUIRE(step.first.size() == 2);
  CHECK(tags_of(*step.first[0]) == Tags{1});
  CHECK(tags_of(*step.first[1]) == Tags{2, 3});
  CHECK(step.last.empty());
  CHECK(step.at_fault.empty());
  CHECK(step.pause.empty());
  CHECK(rig.search.held_bytes() == 0);
}

TEST_CASE("refusal search: one alone is set apart until another insert was stored",
          "[refusal_search]") {
  SearchRig rig;
  CHECK(rig.refused(batch({1}), /*others_wait=*/true).at_fault.empty());
  CHECK(rig.search.held_bytes() == 3);
  std::vector<BatchPtr> again = rig.search.stored();
  REQUIRE(again.size() == 1);
  CHECK(rig.search.held_bytes() == 0);
  const Step step = rig.refused(std::move(again[0]), /*others_wait=*/true);
  REQUIRE(step.at_fault.size() == 1);
  CHECK(step.at_fault[0].message == id(1));
  CHECK(step.at_fault[0].refusal == "bad row");
}

TEST_CASE("refusal search: refused twice with nothing stored between proves nothing",
          "[refusal_search]") {
  SearchRig rig;
  rig.refused(batch({1}), true);
  std::vector<BatchPtr> again = rig.search.take_suspects();
  REQUIRE(again.size() == 1);
  CHECK(rig.refused(std::move(again[0]), true).at_fault.empty());
}

TEST_CASE("refusal search: with nothing to compare them with, those alone are at fault",
          "[refusal_search]") {
  SearchRig rig;
  rig.refused(batch({1}), true);
  const Step step = rig.refused(batch({2}), /*others_wait=*/false);
  REQUIRE(step.at_fault.size() == 2);
  CHECK(step.at_fault[0].message == id(1));
  CHECK(step.at_fault[1].message == id(2));
}

TEST_CASE("refusal search: eight in a row are no fault of theirs", "[refusal_search]") {
  SearchRig rig;
  for (DeliveryTag tag = 1; tag <= 7; ++tag) CHECK(rig.refused(batch({tag}), true).pause.empty());
  const Step step = rig.refused(batch({8}), true);
  CHECK(step.pause ==
        "bad row; 8 rows in a row are refused one by one, as if it were not their fault");
  CHECK(step.last.size() == 8);
  CHECK(step.at_fault.empty());
  CHECK(rig.search.held_bytes() == 0);
}

TEST_CASE("refusal search: those given up without any to compare count among the eight",
          "[refusal_search]") {
  SearchRig rig;
  for (DeliveryTag tag = 1; tag <= 7; ++tag)
    CHECK(rig.refused(batch({tag}), false).at_fault.size() == 1);
  CHECK_FALSE(rig.refused(batch({8}), false).pause.empty());
  rig.search.stored();
  CHECK(rig.refused(batch({9}), false).at_fault.size() == 1);
}

TEST_CASE("refusal search: those refused with none to compare them with want others",
          "[refusal_search]") {
  SearchRig rig;
  for (DeliveryTag tag = 1; tag <= 7; ++tag) rig.refused(batch({tag}), false);
  CHECK(rig.search.alone() == 0);
  Step step = rig.refused(batch({8}), false);
  CHECK_FALSE(step.pause.empty());
  CHECK(rig.search.alone() == 1);
  rig.refused(batch({9}), true);
  step = rig.refused(std::move(step.last.front()), false);
  CHECK(step.last.size() == 2);
  CHECK(rig.search.alone() == 2);
  rig.search.stored();
  CHECK(rig.search.alone() == 0);
}

// Else a pause that is longer than events may wait would bring the same ones back again and again.
TEST_CASE("refusal search: those given up do not keep others that wait from being tried",
          "[refusal_search]") {
  SearchRig rig;
  for (DeliveryTag tag = 1; tag <= 7; ++tag) rig.refused(batch({tag}), false);
  const Step step = rig.refused(batch({8}), /*others_wait=*/true);
  CHECK(step.pause.empty());
  CHECK(step.at_fault.empty());
  CHECK(rig.search.held_bytes() == 3);
}

TEST_CASE("refusal search: a message of several rows is never cut", "[refusal_search]") {
  SearchRig rig;
  auto one = std::make_unique<Batch>();
  one->buffer().append("abc");
  one->add(id(1), 3, TimePoint(std::chrono::hours(1)));
  one->seal(testing::insert_format());
  const Step step = rig.refused(std::move(one), /*others_wait=*/false);
  CHECK(step.first.empty());
  CHECK(step.at_fault.size() == 1);
}

}  // namespace
}  // namespace event_consumer
