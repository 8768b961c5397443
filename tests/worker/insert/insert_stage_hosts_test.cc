// When the next insert may go to another host: with a look at the table, while of no batch any row
// may be stored.
#include "tests/fakes/insert_stage_rig.h"
#include "tests/support/catch.h"
#include "worker/insert/insert_stage.h"

namespace event_consumer {
namespace {

using Kind = InsertOutcome::Kind;
using Rig = testing::InsertStageRig;

InsertOutcome outcome_before_return(Kind kind) {
  InsertOutcome outcome{kind, 0, "no", ErrorClass::kTransient};
  outcome.server.may_return = true;
  return outcome;
}

TEST_CASE("insert stage: a batch that may be stored stays on its host until that is known",
          "[insert_stage][failback]") {
  Rig rig(1);
  rig.add(2);
  rig.answer(Kind::kUnknown, ErrorClass::kConfiguration);
  for (int look = 0; look < 2; ++look) {
    rig.wait_for_deadline();
    CHECK(rig.inserter.table_checks == look + 1);
    CHECK_FALSE(rig.inserter.was_settled);
    rig.table_unchanged();
    rig.refuse(ErrorClass::kConfiguration);
  }
  rig.wait_for_deadline();
  rig.table_unchanged();
  rig.store();
  rig.refuse(ErrorClass::kConfiguration);  // the other one
  rig.wait_for_deadline();
  CHECK(rig.inserter.was_settled);
}

TEST_CASE("insert stage: so does one that a view has refused", "[insert_stage][failback]") {
  Rig rig(2);
  rig.add(2);
  rig.refuse_by_view();
  for (int step = 0; step < 50 && rig.inserter.table_checks == 0; ++step) {
    rig.wait_for_deadline();
    if (rig.inserter.table_checks == 0) rig.refuse_by_view();
  }
  REQUIRE(rig.inserter.table_checks > 0);
  CHECK_FALSE(rig.inserter.was_settled);
}

TEST_CASE("insert stage: a batch that is refused may go to another host",
          "[insert_stage][failback]") {
  Rig rig(1);
  rig.add(1);
  rig.answer(outcome_before_return(Kind::kRefused));
  rig.wait_for_deadline();
  CHECK(rig.inserter.table_checks == 1);
  CHECK(rig.inserter.was_settled);
}

TEST_CASE("insert stage: when inserts may go back, the table is looked at after the next one",
          "[insert_stage][failback]") {
  Rig rig(1);
  rig.add(1);
  rig.answer(outcome_before_return(Kind::kStored));
  CHECK(rig.stored_tags.size() == 1);
  CHECK(rig.inserter.table_checks == 1);
  CHECK(rig.inserter.was_settled);
}

}  // namespace
}  // namespace event_consumer
