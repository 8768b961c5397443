// EventFd: lets one thread wake another one that waits in poll(2); see eventfd(2).
#pragma once

#include "common/unique_fd.h"

namespace event_consumer {

class EventFd {
 public:
  EventFd();

  int fd() const { return fd_.get(); }  // readable from signal() to clear()
  void signal();
  void clear();

 private:
  UniqueFd fd_;
};

}  // namespace event_consumer
