#include "worker/clickhouse/request_watch.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <utility>

namespace event_consumer {

// Linux resets a TCP connection that is connected to «no address» (tcp_disconnect in the kernel);
// an orderly shutdown(2) then finds nothing to end. Some kernels (6.4, 6.5) refuse that while
// another thread waits for the socket.
void reset_connection(int socket) {
  sockaddr nowhere{};
  nowhere.sa_family = AF_UNSPEC;
  if (connect(socket, &nowhere, sizeof nowhere) != 0) shutdown(socket, SHUT_RDWR);
}

RequestWatch::RequestWatch(Duration timeout, const AnswerLimits& limits, UniqueFd& socket)
    : timeout_(timeout), limits_(limits), socket_(socket) {}

// The library closes its descriptor when it likes, and the number may then be that of another
// connection; ours stays.
bool RequestWatch::connecting(int socket) {
  {
    const std::lock_guard lock(mutex_);
    socket_.reset(fcntl(socket, F_DUPFD_CLOEXEC, 0));
  }
  return step(Phase::kConnecting, 2 * timeout_);
}

bool RequestWatch::sending() { return step(Phase::kSending, 2 * timeout_); }

bool RequestWatch::sent_all() {
  const bool go_on = step(Phase::kWaiting, timeout_);
  const std::lock_guard lock(mutex_);
  received_ = 0;
  longest_ = kLongestHead;
  return go_on;
}

bool RequestWatch::step(Phase phase, Duration longest) {
  const std::lock_guard lock(mutex_);
  phase_ = phase;
  deadline_ = Clock::now() + longest;
  return fault_.empty();
}

bool RequestWatch::received(std::size_t bytes) {
  std::unique_lock lock(mutex_);
  if (phase_ == Phase::kWaiting) {
    phase_ = Phase::kReceiving;
    deadline_ = Clock::now() + timeout_;
  }
  if (phase_ != Phase::kReceiving) return fault_.empty();
  received_ += bytes;
  const bool is_head = longest_ == kLongestHead;
  const std::size_t received = received_;
  const std::size_t longest = longest_;
  lock.unlock();
  return too_long(received, longest, is_head ? "the headers of the answer are" : "the answer is");
}

// What frames the body, and headers that come behind it, are bounded with it.
bool RequestWatch::received_head() {
  const std::lock_guard lock(mutex_);
  longest_ = received_ + 2 * limits_.longest + kLongestHead;
  return fault_.empty();
}

bool RequestWatch::received_body(std::size_t bytes) {
  received_body_ += bytes;
  return too_long(received_body_, limits_.longest, "the answer is");
}

bool RequestWatch::too_long(std::size_t bytes, std::size_t longest, const char* what) {
  if (bytes > longest)
    give_up(std::string(what) + " longer than " + std::to_string(longest >> 10) + " KiB");
  return fault().empty();
}

void RequestWatch::check() {
  std::unique_lock lock(mutex_);
  if (Clock::now() < deadline_ || !fault_.empty()) return;
  const Phase phase = phase_;
  lock.unlock();
  const bool may_wait = phase == Phase::kWaiting || phase == Phase::kReceiving;
  if (may_wait && limits_.wait_on) {
    if (const Duration more = limits_.wait_on(); more > Duration::zero()) {
      lock.lock();
      deadline_ = Clock::now() + more;
      return;
    }
  }
  switch (phase) {
    case Phase::kConnecting:
      return give_up("no connection in time");
    case Phase::kSending:
      return give_up("the connection broke or stalled before the request was sent in full");
    case Phase::kWaiting:
      return give_up("the connection was closed, or the time-out passed, before an answer came");
    case Phase::kReceiving:
      return give_up("the time-out passed before the answer was whole");
  }
}

void RequestWatch::give_up(const std::string& why) {
  const std::lock_guard lock(mutex_);
  if (fault_.empty()) fault_ = why;
  if (socket_) reset_connection(socket_.get());
}

std::string RequestWatch::fault() const {
  const std::lock_guard lock(mutex_);
  return fault_;
}

}  // namespace event_consumer
