#include "worker/insert/event_fd.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace event_consumer {

EventFd::EventFd() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!fd_) throw std::system_error(errno, std::generic_category(), "eventfd");
}

void EventFd::signal() { eventfd_write(fd_.get(), 1); }

void EventFd::clear() {
  std::uint64_t ignored;
  eventfd_read(fd_.get(), &ignored);
}

}  // namespace event_consumer
