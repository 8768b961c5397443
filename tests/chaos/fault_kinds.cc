#include "tests/chaos/fault_kinds.h"

namespace event_consumer::testing {

const std::array<FaultClass, kFaultKinds>& fault_classes() {
  static const std::array<FaultClass, kFaultKinds> classes = {{
      {FaultKind::kKillWorker, "worker killed"},
      {FaultKind::kKillAllWorkers, "all workers killed"},
      {FaultKind::kKillStatus, "status process killed"},
      {FaultKind::kKillInstance, "all processes killed, started again"},
      {FaultKind::kKillSupervisor, "supervisor killed, started again"},
      {FaultKind::kStopWorker, "worker stopped, ended by the watchdog"},
      {FaultKind::kReload, "reload with another number of workers"},
      {FaultKind::kStepClock, "clock stepped, ahead or back"},
      {FaultKind::kFillState, "state directory full, then all killed",
       "where there is no room for it, what is posted is not written down"},
      {FaultKind::kReadOnlyState, "state directory read-only at the start"},
      {FaultKind::kPauseClickhouse, "ClickHouse stopped, and continued"},
      {FaultKind::kRestartClickhouse, "ClickHouse restarted in order",
       "what it has left without an answer is inserted under another token"},
      {FaultKind::kKillClickhouse, "ClickHouse killed, started again",
       "it may know a token and not have the rows: what it has left without an answer is inserted "
       "under another token"},
      {FaultKind::kPauseRabbitmq, "RabbitMQ stopped, and continued"},
      {FaultKind::kRestartRabbitmq, "RabbitMQ restarted in order"},
      {FaultKind::kKillRabbitmq, "RabbitMQ killed, started again"},
      {FaultKind::kAlterTable, "ALTER TABLE ADD COLUMN"},
      {FaultKind::kDeleteQueue, "queue deleted, declared again"},
      {FaultKind::kDropTable, "table dropped, made again"},
      {FaultKind::kDelay, "links slow"},
      {FaultKind::kStall, "links stand still, and go on"},
      {FaultKind::kCutLinks, "all links cut"},
      {FaultKind::kLoseServers, "a worker's links lost, unnoticed by it"},
      {FaultKind::kResetInMidRequest, "insert: reset in mid-request"},
      {FaultKind::kDropAnswer, "insert: stored, link reset unanswered"},
      {FaultKind::kAnswer500, "insert: stored, answered with 500"},
      {FaultKind::kAnswer503, "insert: stored, answered with 503"},
      {FaultKind::kAnswerGarbage, "insert: stored, answered with garbage"},
      {FaultKind::kKillAtFirstBytes, "insert: worker killed at first bytes"},
      {FaultKind::kKillWhenWhole, "insert: worker killed, not passed on"},
      {FaultKind::kKillWhenStored, "insert: worker killed when it is stored"},
      {FaultKind::kKillWhenAnswered, "insert: worker killed when answered"},
      {FaultKind::kKillBeforeAck, "ack: worker killed, not passed on"},
      {FaultKind::kKillAfterAck, "ack: worker killed when passed on"},
  }};
  return classes;
}

}  // namespace event_consumer::testing
