#include "worker/loop/supervisor_pipe.h"

#include <unistd.h>

#include <utility>

#include "common/log.h"

namespace event_consumer {

void SupervisorPipe::consumes() {
  if (!std::exchange(has_consumed_, true)) send(WorkerMessage::kConsumes);
}

void SupervisorPipe::received(std::uint64_t events) {
  if (max_events_ == 0 || events < max_events_) return;
  max_events_ = 0;
  send(WorkerMessage::kAsksForRecycling);
}

void SupervisorPipe::send(WorkerMessage message) {
  if (!fd_) return;
  // The supervisor is the only reader; when it is gone there is nobody to tell.
  if (write(fd_.get(), &message, 1) < 0) log::debug("the supervisor does not listen");
}

}  // namespace event_consumer
