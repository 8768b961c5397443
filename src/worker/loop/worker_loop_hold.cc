// The part of the worker that decides when nothing is taken for a while, and when everything in
// hand is given back.
#include <algorithm>

#include "common/log.h"
#include "worker/loop/worker_loop.h"

namespace event_consumer {
namespace {

// A broker that wants to send and cannot cuts the link after 30 s (RabbitMQ's send timeout). Long
// before, deliveries are taken off the socket and given back.
constexpr std::chrono::seconds kLongestPause{10};

// Why nothing is taken, as kPaused and kFull are.
constexpr char kTooLate[] = "ClickHouse or the dead-letter queue has taken nothing for too long";

}  // namespace

// While nothing is read, no heartbeat is sent either.
Duration WorkerLoop::longest_pause() const {
  return std::min<Duration>(kLongestPause, 2 * parts_.source.heartbeat_period());
}

Result<Done> WorkerLoop::hold_or_resume(TimePoint now) {
  if (state_ == State::kHolding && !paused_ && parts_.settlement.has_room()) {
    log::info("taking deliveries from {} again", parts_.source.describe());
    state_ = State::kConsuming;
    return parts_.source.consume();
  }
  const bool has_consumer = state_ == State::kConsuming;
  if (!has_consumer && state_ != State::kHolding) return Done{};
  if (const auto oldest = parts_.settlement.oldest(); oldest && now - *oldest >= hold_timeout_) {
    log::warn(
        "an event from {} has waited for {} s: everything in hand is given back until it can be "
        "stored again",
        parts_.source.describe(), hold_timeout_.count());
    if (has_consumer) return return_deliveries(now, /*all=*/true, kTooLate);
    hold_reason_ = kTooLate;
    return parts_.settlement.give_back_all(now);
  }
  if (!has_consumer) return Done{};
  if (paused_) {
    log::info("paused: no deliveries are taken from {} until SIGCONT", parts_.source.describe());
    return return_deliveries(now, /*all=*/false, kPaused);
  }
  if (!dead_letter_fault_.empty()) return return_deliveries(now, /*all=*/false, dead_letter_fault_);
  if (parts_.settlement.may_take()) {
    paused_since_.reset();
    return Done{};
  }
  if (!paused_since_) paused_since_ = now;
  if (now < *paused_since_ + longest_pause()) return Done{};
  log::warn(
      "too many bytes wait for ClickHouse or for the dead-letter queue: deliveries from {} "
      "are given back until they are stored",
      parts_.source.describe());
  return return_deliveries(now, /*all=*/false, kFull);
}

Result<Done> WorkerLoop::return_deliveries(TimePoint now, bool all, const std::string& why) {
  hold_reason_ = why;
  paused_since_.reset();
  state_ = State::kReturning;
  if (auto done = parts_.source.cancel(); !done) return done;
  return all ? parts_.settlement.give_back_all(now) : Result<Done>(Done{});
}

}  // namespace event_consumer
