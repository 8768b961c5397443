// FaultKind: the classes of faults that the chaos run draws from, and what is said of each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace event_consumer::testing {

enum class FaultKind : std::uint8_t {
  // Our processes.
  kKillWorker,
  kKillAllWorkers,
  kKillStatus,
  kKillInstance,
  kKillSupervisor,
  kStopWorker,
  kReload,
  kStepClock,
  // Its state directory, on a disk of its own.
  kFillState,
  kReadOnlyState,
  // The servers.
  kPauseClickhouse,
  kRestartClickhouse,
  kKillClickhouse,
  kPauseRabbitmq,
  kRestartRabbitmq,
  kKillRabbitmq,
  kAlterTable,
  // They take events: what is there at that moment.
  kDeleteQueue,
  kDropTable,
  // The links.
  kDelay,
  kStall,
  kCutLinks,
  kLoseServers,
  // One insert on its way.
  kResetInMidRequest,
  kDropAnswer,
  kAnswer500,
  kAnswer503,
  kAnswerGarbage,
  kKillAtFirstBytes,
  kKillWhenWhole,
  kKillWhenStored,
  kKillWhenAnswered,
  // One acknowledgement on its way.
  kKillBeforeAck,
  kKillAfterAck,
};

constexpr std::size_t kFaultKinds = static_cast<std::size_t>(FaultKind::kKillAfterAck) + 1;

struct FaultClass {
  FaultKind kind;
  const char* name;
  // Why events may be doubled on a table that deduplicates; null: they may not.
  const char* not_covered = nullptr;
};

inline bool needs_own_disk(FaultKind kind) {
  return kind == FaultKind::kFillState || kind == FaultKind::kReadOnlyState;
}

inline bool takes_events(FaultKind kind) {
  return kind == FaultKind::kDeleteQueue || kind == FaultKind::kDropTable;
}

// In the order of FaultKind.
const std::array<FaultClass, kFaultKinds>& fault_classes();

inline const FaultClass& class_of(FaultKind kind) {
  return fault_classes()[static_cast<std::size_t>(kind)];
}

// Whether the fault waits for something that passes on the wire, and strikes then.
inline bool is_on_wire(FaultKind kind) { return kind >= FaultKind::kResetInMidRequest; }

}  // namespace event_consumer::testing
