// ProcessFigures: what the kernel tells of a process, for the metrics that every Prometheus client
// has of its own (prometheus.io/docs/instrumenting/writing_clientlibs, «Process metrics»).
#pragma once

#include <sys/types.h>

#include <optional>

namespace event_consumer {

struct ProcessFigures {
  double cpu_seconds;  // of the user and of the system
  double resident_bytes;
  double open_fds;  // NaN when we may not look
  double started_at_unix_seconds;
};

// From proc(5). Nothing when there is no such process.
std::optional<ProcessFigures> read_process(pid_t pid);

}  // namespace event_consumer
