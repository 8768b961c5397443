#include "supervisor/wakeup.h"

#include <poll.h>
#include <spdlog/fmt/fmt.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace event_consumer {

namespace {

Error last_error(const char* call) {
  return {ErrorKind::kInternal, fmt::format("{}: {}", call, std::strerror(errno))};
}

}  // namespace

Result<Wakeup> Wakeup::open() {
  sigset_t mask;
  sigset_t mask_before;
  sigfillset(&mask);
  for (int signal : {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP})
    sigdelset(&mask, signal);
  if (sigprocmask(SIG_SETMASK, &mask, &mask_before) != 0) return last_error("sigprocmask");
  std::signal(SIGCHLD, SIG_DFL);

  UniqueFd signal_fd(signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signal_fd) return last_error("signalfd");
  return Wakeup(std::move(signal_fd), mask_before);
}

Result<Wakeup::Events> Wakeup::wait(const std::vector<int>& fds,
                                    std::optional<TimePoint> deadline) {
  std::vector<pollfd> polled = {{signal_fd_.get(), POLLIN, 0}};
  for (int fd : fds) polled.push_back({fd, POLLIN, 0});

  if (poll(polled.data(), polled.size(), poll_timeout_ms(deadline, Clock::now())) < 0) {
    if (errno == EINTR) return Events{};
    return last_error("poll");
  }

  Events events;
  if (polled[0].revents != 0) events.signals = take_signals();
  for (size_t i = 1; i < polled.size(); ++i)
    if (polled[i].revents != 0) events.readable.push_back(polled[i].fd);
  return events;
}

std::vector<Wakeup::Signal> Wakeup::take_signals() {
  std::vector<Signal> signals;
  signalfd_siginfo received;
  while (read(signal_fd_.get(), &received, sizeof received) == sizeof received)
    signals.push_back({static_cast<int>(received.ssi_signo), static_cast<pid_t>(received.ssi_pid)});
  return signals;
}

}  // namespace event_consumer
