#include "supervisor/status/serve_status.h"

#include <unistd.h>

namespace event_consumer {
ExitCode serve_status(const CommandLine&) {
  pause();
  return ExitCode::kOk;
}
}  // namespace event_consumer
