#include "tests/fakes/pipeline_rig.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using testing::PipelineRig;
using testing::Tags;

TEST_CASE("pipeline: a lost link returns everything in hand and drops its rows", "[pipeline]") {
  PipelineRig rig(/*rows=*/3);
  rig.take_good();
  rig.take_bad();
  rig.pipeline.link_lost();
  CHECK(rig.in_hand() == 0);
  CHECK(rig.count(Verdict::kReturned) == 2);
  CHECK_FALSE(rig.pipeline.deadline().has_value());

  rig.last_tag = 0;
  rig.take_good();
  rig.take_good();
  rig.take_good();
  REQUIRE(rig.posts() == 1);
  CHECK(rig.post(0).tags == Tags{1, 2, 3});
  rig.store();
  CHECK(rig.source.acknowledged == Tags{3});
}

TEST_CASE("pipeline: a post that outlives its link settles nothing", "[pipeline]") {
  for (const auto kind : {InsertOutcome::Kind::kStored, InsertOutcome::Kind::kRefused,
                          InsertOutcome::Kind::kUnknown}) {
    PipelineRig rig(/*rows=*/2);
    rig.take_good();
    rig.take_good();
    rig.take_good();
    REQUIRE(rig.posts() == 1);
    rig.pipeline.link_lost();
    CHECK(rig.pipeline.insert_under_way());

    rig.last_tag = 0;
    rig.take_good();
    rig.take_good();
    CHECK(rig.posts() == 1);
    CHECK(rig.inserter.is_unchanged());
    rig.answer(kind);
    CHECK(rig.source.acknowledged.empty());
    REQUIRE(rig.posts() == 2);
    CHECK(rig.post(1).tags == Tags{1, 2});
    rig.store();
    CHECK(rig.source.acknowledged == Tags{2});
  }
}

TEST_CASE("pipeline: a batch that waits to be sent again goes with its link", "[pipeline]") {
  PipelineRig rig(/*rows=*/1);
  rig.take_good();
  rig.leave_unknown();
  REQUIRE(rig.pipeline.deadline().has_value());
  rig.pipeline.link_lost();
  CHECK_FALSE(rig.pipeline.deadline().has_value());
  CHECK_FALSE(rig.pipeline.insert_under_way());
  rig.last_tag = 0;
  rig.take_good();
  CHECK(rig.posts() == 2);
}

}  // namespace
}  // namespace event_consumer
