// SupervisorRecord: what the supervisor tells of itself and of its slots. A plain value like
// WorkerRecord.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/scoreboard/worker_record.h"

namespace event_consumer {

// Causes of the deaths of workers that were not asked to stop.
enum class DeathCause : std::uint64_t {
  kExit,         // it ended by itself, with whatever status
  kSignal,       // somebody or a defect ended it
  kWatchdog,     // its heartbeat stood still, so that the supervisor ended it
  kOutOfMemory,  // SIGKILL that looks like the kernel's
  kNotStarted,   // fork, exec or a step between failed
};
constexpr std::array<std::string_view, 5> kDeathCauseWords = {"exit", "signal", "watchdog",
                                                              "out_of_memory", "not_started"};

enum class InstanceState : std::uint64_t { kStarting, kRunning, kReloading, kStopping };
constexpr std::array<std::string_view, 4> kInstanceStateWords = {"starting", "running", "reloading",
                                                                 "stopping"};

// So many deaths in a row that were somebody's fault are a crash loop.
constexpr std::uint64_t kCrashLoop = 5;

// Counters of all dead processes of one slot, by number: they outlive the worker. `lives` names the
// latest life of each row that is contained.
struct DepartedRecord {
  WorkerCounters counters;
  std::array<std::uint64_t, 2> lives;
  std::uint64_t restarts;  // processes started in the slot because one before had died
  // As of the latest death: how many in a row were somebody's fault, without a process that had
  // consumed for a minute. From kCrashLoop on it is a crash loop.
  std::uint64_t faults_in_a_row;
};

struct SupervisorRecord {
  std::int64_t pid;
  std::int64_t started_at_unix_seconds;
  MonotonicTime heartbeat_at;
  InstanceState state;
  std::uint64_t paused;   // 1 while the workers were asked to take nothing
  std::uint64_t workers;  // slots that are to have a worker; numbered from 1
  std::uint64_t slots;    // slots that ever had one: where to look
  std::array<std::uint64_t, kDeathCauseWords.size()> deaths;
  std::uint64_t reloads;
  std::uint64_t failed_reloads;
};

}  // namespace event_consumer
