#include "worker/insert/event_fd.h"

#include <fcntl.h>
#include <poll.h>

#include <thread>

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

bool is_readable(const EventFd& event, int timeout_ms = 0) {
  pollfd fd{event.fd(), POLLIN, 0};
  return poll(&fd, 1, timeout_ms) == 1;
}

TEST_CASE("event fd: readable from signal to clear", "[event_fd]") {
  EventFd event;
  CHECK_FALSE(is_readable(event));
  event.signal();
  CHECK(is_readable(event));
  CHECK(is_readable(event));
  event.clear();
  CHECK_FALSE(is_readable(event));
}

TEST_CASE("event fd: many signals are one", "[event_fd]") {
  EventFd event;
  for (int i = 0; i < 1000; ++i) event.signal();
  event.clear();
  CHECK_FALSE(is_readable(event));
}

TEST_CASE("event fd: clearing what was not signalled does not wait", "[event_fd]") {
  EventFd event;
  event.clear();
  CHECK_FALSE(is_readable(event));
}

TEST_CASE("event fd: wakes a thread that waits", "[event_fd]") {
  EventFd event;
  std::thread other([&] { event.signal(); });
  CHECK(is_readable(event, 20'000));
  other.join();
}

TEST_CASE("event fd: is not passed on to programs that we start", "[event_fd]") {
  const EventFd event;
  CHECK((fcntl(event.fd(), F_GETFD) & FD_CLOEXEC) != 0);
}

}  // namespace
}  // namespace event_consumer
