// The stop: what is in hand is posted once more, then no longer.
#include "tests/fakes/pipeline_rig.h"
#include "tests/support/catch.h"
#include "worker/pipeline.h"

namespace event_consumer {
namespace {

using testing::PipelineRig;
using testing::Tags;

TEST_CASE("drain: with nothing in hand it is done at once", "[pipeline]") {
  PipelineRig rig;
  rig.pipeline.drain(rig.now);
  CHECK(rig.pipeline.drained());
  CHECK(rig.posts() == 0);
  CHECK_FALSE(rig.pipeline.deadline().has_value());
}

TEST_CASE("drain: rows that wait for company are posted at once", "[pipeline]") {
  PipelineRig rig;
  rig.take_good();
  rig.pipeline.drain(rig.now);
  REQUIRE(rig.posts() == 1);
  CHECK(rig.post(0).tags == Tags{1});
  CHECK_FALSE(rig.pipeline.drained());
  rig.store();
  CHECK(rig.source.acknowledged == Tags{1});
  CHECK(rig.pipeline.drained());
}

TEST_CASE("drain: a post under way is waited for, and those behind it follow", "[pipeline]") {
  PipelineRig rig(/*rows=*/2);
  for (int i = 0; i < 5; ++i) rig.take_good();
  rig.pipeline.drain(rig.now);
  CHECK(rig.posts() == 1);
  rig.store();
  rig.store();
  CHECK_FALSE(rig.pipeline.drained());
  rig.store();
  CHECK(rig.posts() == 3);
  CHECK(rig.post(2).tags == Tags{5});
  CHECK(rig.source.acknowledged == Tags{2, 4, 5});
  CHECK(rig.pipeline.drained());
  CHECK(rig.inserter.overlaps == 0);
}

TEST_CASE("drain: a post that fails is not repeated", "[pipeline]") {
  for (const auto kind : {InsertOutcome::Kind::kRefused, InsertOutcome::Kind::kUnknown}) {
    PipelineRig rig(/*rows=*/1);
    rig.take_good();
    rig.take_good();
    rig.pipeline.drain(rig.now);
    rig.answer(kind);
    CHECK_FALSE(rig.failed);
    CHECK(rig.pipeline.drained());
    CHECK_FALSE(rig.pipeline.request_under_way());
    CHECK_FALSE(rig.pipeline.deadline().has_value());
    rig.wait(std::chrono::hours(1));
    CHECK(rig.posts() == 1);
    CHECK(rig.source.acknowledged.empty());
    CHECK(rig.in_hand() == 2);
  }
}

TEST_CASE("drain: a batch that waits for its repeat is given up at once", "[pipeline]") {
  PipelineRig rig(/*rows=*/1);
  rig.take_good();
  rig.refuse();
  rig.pipeline.drain(rig.now);
  CHECK(rig.pipeline.drained());
  CHECK_FALSE(rig.pipeline.deadline().has_value());
  rig.wait(std::chrono::hours(1));
  CHECK(rig.posts() == 1);
  CHECK(rig.in_hand() == 1);
}

TEST_CASE("drain: what is stored before a later post fails is acknowledged", "[pipeline]") {
  PipelineRig rig(/*rows=*/1);
  rig.take_good();
  rig.take_good();
  rig.pipeline.drain(rig.now);
  rig.store();
  CHECK_FALSE(rig.pipeline.drained());
  rig.refuse();
  CHECK(rig.pipeline.drained());
  CHECK(rig.source.acknowledged == Tags{1});
  CHECK(rig.count(Verdict::kStored) == 1);
  CHECK(rig.in_hand() == 1);
}

TEST_CASE("drain: unconfirmed dead letters are waited for", "[pipeline]") {
  PipelineRig rig;
  rig.take_bad();
  rig.pipeline.drain(rig.now);
  CHECK_FALSE(rig.pipeline.drained());
  rig.confirm_dead_letter();
  CHECK(rig.pipeline.drained());
  CHECK(rig.source.acknowledged == Tags{1});
}

TEST_CASE("drain: dead letters are still acknowledged after a batch was given up", "[pipeline]") {
  PipelineRig rig(/*rows=*/1);
  rig.take_bad();
  rig.take_good();
  rig.refuse();
  rig.pipeline.drain(rig.now);
  rig.confirm_dead_letter();
  CHECK(rig.source.acknowledged == Tags{1});
  CHECK(rig.in_hand() == 1);
}

TEST_CASE("drain: twice is once", "[pipeline]") {
  PipelineRig rig;
  rig.take_good();
  rig.pipeline.drain(rig.now);
  rig.pipeline.drain(rig.now);
  CHECK(rig.posts() == 1);
  rig.refuse();
  rig.pipeline.drain(rig.now);
  CHECK(rig.posts() == 1);
  CHECK(rig.pipeline.drained());
}

}  // namespace
}  // namespace event_consumer
