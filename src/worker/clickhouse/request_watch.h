// RequestWatch: how far one HTTP request is, and when to give it up: too long without a step
// forward, or too long an answer. One thread carries the request out and reports its steps, another
// one waits for it and calls check(). Giving up resets the connection, so that whatever the first
// thread waits for fails.
//
// The limits are: for the connection and its handshake, and for each part of the request to be
// taken, two time-outs; for the answer to begin, one; and for it to be whole, another one.
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>

#include "common/clock.h"
#include "common/unique_fd.h"

namespace event_consumer {

// What is taken for an answer.
struct AnswerLimits {
  std::size_t longest = 16 << 20;  // of its body, in bytes
  // Asked when the answer is overdue: for how long to wait on. Empty: not at all.
  std::function<Duration()> wait_on = {};
};

// Ends a connection so that the peer knows it for broken: an old server (seen on 18.16) takes an
// orderly close at the end of a row for the end of the insert.
void reset_connection(int socket);

class RequestWatch {
 public:
  // All headers of an answer, in bytes.
  static constexpr std::size_t kLongestHead = 64 << 10;

  // `socket` is that of the connection in use, if there is one; it may be replaced until the
  // request is over, and must outlive this.
  RequestWatch(Duration timeout, const AnswerLimits& limits, UniqueFd& socket);

  // For the thread that carries the request out. Each returns whether to go on.

  // A connection is being made; `socket` is duplicated.
  bool connecting(int socket);
  // Another part of the request is about to be sent.
  bool sending();
  bool sent_all();
  // So many bytes of the answer have come, framing included.
  bool received(std::size_t bytes);
  // All headers have come.
  bool received_head();
  // So many more bytes of the answer's body have come.
  bool received_body(std::size_t bytes);

  // For the thread that waits: gives the request up when it is overdue.
  void check();

  // Resets the connection. `why` is for people; of several reasons the first counts.
  void give_up(const std::string& why);
  // Why it was given up; empty when it was not.
  std::string fault() const;

 private:
  enum class Phase {
    kConnecting,  // or waiting for the name of the host
    kSending,
    kWaiting,  // for the answer to begin
    kReceiving,
  };

  bool step(Phase phase, Duration longest);
  bool too_long(std::size_t bytes, std::size_t longest, const char* what);

  const Duration timeout_;
  const AnswerLimits& limits_;
  mutable std::mutex mutex_;  // of all below
  UniqueFd& socket_;
  Phase phase_ = Phase::kConnecting;
  TimePoint deadline_ = TimePoint::max();
  std::size_t received_ = 0;
  std::size_t longest_ = 0;  // of what is received in this phase
  std::size_t received_body_ = 0;
  std::string fault_;
};

}  // namespace event_consumer
