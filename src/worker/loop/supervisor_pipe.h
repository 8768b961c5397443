// SupervisorPipe: the worker's end of the pipe to its supervisor, which hears of little: that the
// worker consumes, and that it wants to be replaced.
#pragma once

#include <cstdint>

#include "common/unique_fd.h"
#include "common/worker_message.h"

namespace event_consumer {

class SupervisorPipe {
 public:
  // `fd` may hold nothing: nobody is told then. A worker that has received `max_events` is to be
  // replaced; 0: never.
  SupervisorPipe(UniqueFd fd, std::uint64_t max_events)
      : fd_(std::move(fd)), max_events_(max_events) {}

  // The worker consumes, or would if the instance were not paused. Says so the first time.
  void consumes();
  bool has_consumed() const { return has_consumed_; }

  // The worker has received so many. A replacement comes, once, while it goes on; it then gets a
  // stop like any other.
  void received(std::uint64_t events);

 private:
  void send(WorkerMessage message);

  UniqueFd fd_;
  std::uint64_t max_events_;
  bool has_consumed_ = false;
};

}  // namespace event_consumer
