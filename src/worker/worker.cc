#include "worker/worker.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "common/log.h"

namespace event_consumer {
namespace {

// A broker that wants to send and cannot cuts the link after 30 s (RabbitMQ's send timeout). Long
// before, deliveries are taken off the socket and given back.
constexpr std::chrono::seconds kLongestPause{10};

// So many deliveries are handled before the other descriptors get their turn.
constexpr int kDeliveriesPerTurn = 512;

// Kept of the stop timeout for settling and closing, so that the supervisor need not kill.
constexpr std::chrono::seconds kCloseReserve{3};
constexpr std::chrono::seconds kSettleTimeout{2};

}  // namespace

void Worker::run() {
  if (auto done = parts_.source.consume(); !done) lose_link(done.error(), Clock::now());
  while (state_ != State::kStopped) {
    if (auto done = turn(Clock::now()); !done) lose_link(done.error(), Clock::now());
    if (state_ != State::kStopped) wait(Clock::now());
  }
  if (!parts_.source.is_open()) return;
  parts_.source.close();
  if (parts_.dead_letters != nullptr) parts_.dead_letters->close();
}

Result<Done> Worker::turn(TimePoint now) {
  if (auto outcome = parts_.inserter.take_outcome()) {
    if (auto done = parts_.pipeline.inserted(*outcome, now); !done) return done;
  }
  if (is_connected()) return work_on_link(now);
  if (!signalled_) return reconnect_if_due(now);
  log::info("stopping: there is no link to the broker, which has everything back");
  state_ = State::kStopped;
  return Done{};
}

Result<Done> Worker::work_on_link(TimePoint now) {
  if (auto done = read_dead_letters(); !done) return done;
  if (auto done = read_source(now); !done) return done;
  parts_.pipeline.time_passed(now);
  if (signalled_ && !stop_deadline_) {
    if (auto done = begin_stop(now); !done) return done;
  }
  if (stop_deadline_) return advance_stop(now);
  return hold_or_resume(now);
}

void Worker::lose_link(const Error& error, TimePoint now) {
  if (is_connected()) {
    log::warn("{}; {} events in hand go back to the queue", error.message,
              parts_.pipeline.window().in_hand());
    parts_.pipeline.link_lost();
    parts_.source.drop();
    if (parts_.dead_letters != nullptr) parts_.dead_letters->drop();
    state_ = State::kDisconnected;
    paused_since_.reset();
    stop_deadline_.reset();
    source_may_have_more_ = false;
  } else if (error.message != last_fault_) {
    log::warn("{}; tried again until it works", error.message);
    last_fault_ = error.message;
  }
  reconnect_at_ = now + reconnect_backoff_.next();
}

Result<Done> Worker::reconnect_if_due(TimePoint now) {
  if (now < *reconnect_at_) return Done{};
  if (auto done = parts_.reconnect(); !done) return done;
  reconnect_at_.reset();
  last_fault_.clear();
  state_ = State::kConsuming;
  return parts_.source.consume();
}

// While nothing is read, no heartbeat is sent either.
Duration Worker::longest_pause() const {
  return std::min<Duration>(kLongestPause, 2 * parts_.source.heartbeat_period());
}

bool Worker::reads_source() const {
  return state_ != State::kConsuming || parts_.pipeline.may_take();
}

Result<Done> Worker::read_source(TimePoint now) {
  source_may_have_more_ = false;
  for (int i = 0; i < kDeliveriesPerTurn; ++i) {
    if (!reads_source()) return Done{};
    auto event = parts_.source.next();
    if (!event) return event.error();
    if (event->kind == SourceEvent::Kind::kNone) return Done{};
    if (auto done = handle(*event, now); !done) return done;
  }
  source_may_have_more_ = true;
  return Done{};
}

Result<Done> Worker::handle(const SourceEvent& event, TimePoint now) {
  switch (event.kind) {
    case SourceEvent::Kind::kNone:
      break;
    case SourceEvent::Kind::kConsuming:
      log::info("consuming {}", parts_.source.describe());
      reconnect_backoff_.reset();
      report_ready();
      break;
    case SourceEvent::Kind::kDelivery:
      if (state_ == State::kConsuming) return parts_.pipeline.take(event.delivery, now);
      // A consumer that is to come back must leave nothing unsettled; one that stops closes the
      // channel, which gives back everything at once.
      if (!stop_deadline_) return parts_.pipeline.give_back(event.delivery);
      break;
    case SourceEvent::Kind::kCancelled:
      if (state_ == State::kReturning) state_ = State::kHolding;
      break;
    case SourceEvent::Kind::kSettled:
      if (state_ == State::kSettling) state_ = State::kStopped;
      break;
  }
  return Done{};
}

Result<Done> Worker::read_dead_letters() {
  if (parts_.dead_letters == nullptr) return Done{};
  for (;;) {
    auto tag = parts_.dead_letters->next_confirmed();
    if (!tag) return tag.error();
    if (!tag->has_value()) return Done{};
    if (auto done = parts_.pipeline.dead_lettered(**tag); !done) return done;
  }
}

Result<Done> Worker::hold_or_resume(TimePoint now) {
  if (state_ == State::kHolding && parts_.pipeline.has_room()) {
    log::info("room again for deliveries from {}", parts_.source.describe());
    state_ = State::kConsuming;
    return parts_.source.consume();
  }
  if (state_ != State::kConsuming || parts_.pipeline.may_take()) {
    paused_since_.reset();
    return Done{};
  }
  if (!paused_since_) paused_since_ = now;
  if (now < *paused_since_ + longest_pause()) return Done{};
  log::warn(
      "too many bytes wait for ClickHouse or for the dead-letter queue: deliveries from {} "
      "are given back until they are stored",
      parts_.source.describe());
  paused_since_.reset();
  state_ = State::kReturning;
  return parts_.source.cancel();
}

Result<Done> Worker::begin_stop(TimePoint now) {
  log::info("stopping: {} events in hand", parts_.pipeline.window().in_hand());
  const bool has_consumer = state_ == State::kConsuming;
  stop_deadline_ = now + std::max<Duration>(stop_timeout_ - kCloseReserve, std::chrono::seconds(1));
  state_ = State::kDraining;
  parts_.pipeline.drain();
  return has_consumer ? parts_.source.cancel() : Result<Done>(Done{});
}

Result<Done> Worker::advance_stop(TimePoint now) {
  const bool late = now >= *stop_deadline_;
  if (state_ == State::kDraining && (late || parts_.pipeline.drained())) {
    if (parts_.pipeline.window().in_hand() > 0)
      log::warn("{} events are not stored and go back to the queue",
                parts_.pipeline.window().in_hand());
    state_ = State::kSettling;
    stop_deadline_ = now + kSettleTimeout;
    return parts_.source.confirm_settled();
  }
  if (state_ == State::kSettling && late) {
    log::warn("{} did not answer: the last acknowledgements may be lost", parts_.source.describe());
    state_ = State::kStopped;
  }
  return Done{};
}

void Worker::report_ready() {
  if (!ready_fd_) return;
  // The supervisor is the only reader; when it is gone there is nobody to tell.
  if (write(ready_fd_.get(), "", 1) < 0) log::debug("nobody waits for this worker to be ready");
  ready_fd_.reset();
}

std::optional<TimePoint> Worker::deadline(TimePoint now) const {
  if (source_may_have_more_) return now;
  if (!is_connected()) return reconnect_at_;
  auto next = earliest(parts_.pipeline.deadline(), stop_deadline_);
  next = earliest(next, now + parts_.source.heartbeat_period());
  if (paused_since_) next = earliest(next, *paused_since_ + longest_pause());
  return next;
}

void Worker::wait(TimePoint now) {
  std::array<pollfd, 4> fds = {{
      {parts_.signal_fd, POLLIN, 0},
      {parts_.inserter.fd(), POLLIN, 0},
      {is_connected() && reads_source() ? parts_.source.fd() : -1, POLLIN, 0},
      {is_connected() && parts_.dead_letters != nullptr ? parts_.dead_letters->fd() : -1, POLLIN,
       0},
  }};
  poll(fds.data(), fds.size(), poll_timeout_ms(deadline(now), now));
  signalfd_siginfo signal;
  if (fds[0].revents != 0 && read(parts_.signal_fd, &signal, sizeof signal) > 0) signalled_ = true;
}

}  // namespace event_consumer
