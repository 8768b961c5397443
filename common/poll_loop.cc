#include "common/poll_loop.h"

#include <spdlog/fmt/fmt.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace event_consumer {

namespace {

Error last_error(const char* call) {
  return {ErrorKind::kInternal, fmt::format("{}: {}", call, std::strerror(errno))};
}

}  // namespace

sigset_t signal_set(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  return set;
}

sigset_t all_signals_but_defects() {
  sigset_t set;
  sigfillset(&set);
  for (const int signal : {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP})
    sigdelset(&set, signal);
  return set;
}

Result<PollLoop> PollLoop::open(const sigset_t& signals) {
  sigset_t mask_before;
  if (const int error = pthread_sigmask(SIG_BLOCK, &signals, &mask_before); error != 0)
    return Error{ErrorKind::kInternal, fmt::format("pthread_sigmask: {}", std::strerror(error))};
  if (sigismember(&signals, SIGCHLD) == 1) std::signal(SIGCHLD, SIG_DFL);

  UniqueFd signal_fd(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signal_fd) return last_error("signalfd");
  return PollLoop(std::move(signal_fd), mask_before);
}

Result<PollLoop::Events> PollLoop::wait(const std::vector<Awaited>& awaited,
                                        std::optional<TimePoint> deadline) {
  polled_.clear();
  polled_.push_back({signal_fd_.get(), POLLIN, 0});
  for (const Awaited& each : awaited) {
    const int reading = each.for_reading ? POLLIN : 0;
    const int writing = each.for_writing ? POLLOUT : 0;
    polled_.push_back({each.fd, static_cast<short>(reading | writing), 0});
  }

  if (poll(polled_.data(), polled_.size(), poll_timeout_ms(deadline, now())) < 0) {
    if (errno == EINTR) return Events{};
    return last_error("poll");
  }

  Events events;
  if (polled_[0].revents != 0) events.signals = take_signals();
  for (std::size_t i = 1; i < polled_.size(); ++i)
    if (polled_[i].revents != 0) events.ready.push_back(polled_[i].fd);
  return events;
}

std::vector<PollLoop::Signal> PollLoop::take_signals() {
  std::vector<Signal> signals;
  signalfd_siginfo received;
  while (read(signal_fd_.get(), &received, sizeof received) == sizeof received)
    signals.push_back({static_cast<int>(received.ssi_signo), static_cast<pid_t>(received.ssi_pid)});
  return signals;
}

}  // namespace event_consumer
