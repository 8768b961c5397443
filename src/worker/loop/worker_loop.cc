#include "worker/loop/worker_loop.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "common/log.h"

namespace event_consumer {
namespace {

// So many deliveries are handled before the other descriptors get their turn.
constexpr int kDeliveriesPerTurn = 512;

// Kept of the stop timeout for settling and closing, so that the supervisor need not kill.
constexpr std::chrono::seconds kCloseReserve{3};
constexpr std::chrono::seconds kSettleTimeout{2};

// A link over which so long was consumed has paid for the tries that it took.
constexpr std::chrono::seconds kGoodLink{10};

// How long the loop sleeps at most, so that its heartbeat goes on when nothing happens.
constexpr std::chrono::seconds kLongestSleep{2};

}  // namespace

void WorkerLoop::run() {
  // A worker that is started into a pause gets no signal for it.
  paused_ = parts_.row.board().supervisor().read().paused != 0;
  if (auto done = begin(); !done) lose_link(done.error(), Clock::now());
  while (state_ != State::kStopped) {
    if (auto done = turn(Clock::now()); !done) lose_link(done.error(), Clock::now());
    publish(Clock::now());
    if (state_ != State::kStopped) wait(Clock::now());
  }
  if (!parts_.source.is_open()) return;
  parts_.source.close();
  if (parts_.dead_letters != nullptr) parts_.dead_letters->close();
}

Result<Done> WorkerLoop::begin() {
  state_ = paused_ ? State::kHolding : State::kConsuming;
  if (!paused_) return parts_.source.consume();
  hold_reason_ = kPaused;
  report_ready();
  return Done{};
}

Result<Done> WorkerLoop::turn(TimePoint now) {
  if (auto outcome = parts_.inserter.take_outcome()) {
    parts_.report_server();
    if (auto done = pass_on(std::move(*outcome), now); !done) return done;
  }
  if (is_connected()) return work_on_link(now);
  if (!signalled_) return reconnect_if_due(now);
  log::info("stopping: there is no link to the broker, which has everything back");
  state_ = State::kStopped;
  return Done{};
}

Result<Done> WorkerLoop::pass_on(InserterThread::Outcome outcome, TimePoint now) {
  if (const auto* insert = std::get_if<InsertOutcome>(&outcome))
    return parts_.settlement.inserted(*insert, now);
  return parts_.settlement.table_checked(std::move(std::get<TableOutcome>(outcome)), now);
}

Result<Done> WorkerLoop::work_on_link(TimePoint now) {
  if (auto done = read_dead_letters(now); !done) return done;
  if (auto done = count_dead_letters(now); !done) return done;
  if (auto done = read_source(now); !done) return done;
  parts_.settlement.time_passed(now);
  if (signalled_ && !stop_deadline_) {
    if (auto done = begin_stop(now); !done) return done;
  }
  if (stop_deadline_) return advance_stop(now);
  return hold_or_resume(now);
}

void WorkerLoop::lose_link(const Error& error, TimePoint now) {
  parts_.row.set_last_error(error.message, now);
  if (is_connected()) {
    forget_old_faults(now);
    log::log(log_limiter_.is_news(error.message, now) ? log::Level::warn : log::Level::debug,
             "{}; {} events in hand go back to the queue", error.message,
             parts_.settlement.window().in_hand());
    parts_.settlement.link_lost();
    parts_.source.drop();
    if (parts_.dead_letters != nullptr) parts_.dead_letters->drop();
    state_ = State::kDisconnected;
    paused_since_.reset();
    probe_dead_letters_at_.reset();
    dead_letter_fault_.clear();
    stop_deadline_.reset();
    source_may_have_more_ = false;
  } else {
    if (log_limiter_.is_news(error.message, now))
      log::warn("{}; tried again until it works", error.message);
    last_fault_ = error.message;
  }
  reconnect_at_ = now + reconnect_backoff_.next();
}

// A link that the broker takes and cuts again is a fault that goes on.
void WorkerLoop::forget_old_faults(TimePoint now) {
  const auto since = std::exchange(consuming_since_, std::nullopt);
  if (!since || now - *since < kGoodLink) return;
  log_limiter_.over();
  reconnect_backoff_.reset();
}

Result<Done> WorkerLoop::reconnect_if_due(TimePoint now) {
  if (now < *reconnect_at_) return Done{};
  if (auto done = parts_.reconnect(); !done) return done;
  reconnect_at_.reset();
  last_fault_.clear();
  ++reconnects_;
  return begin();
}

bool WorkerLoop::reads_source() const {
  return state_ != State::kConsuming || parts_.settlement.may_take();
}

Result<Done> WorkerLoop::read_source(TimePoint now) {
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

Result<Done> WorkerLoop::handle(const SourceEvent& event, TimePoint now) {
  switch (event.kind) {
    case SourceEvent::Kind::kNone:
      break;
    case SourceEvent::Kind::kConsuming:
      if (log_limiter_.is_news("consuming", now))
        log::info("consuming {}", parts_.source.describe());
      consuming_since_ = now;
      report_ready();
      break;
    case SourceEvent::Kind::kDelivery:
      if (state_ == State::kConsuming) return parts_.settlement.take(event.delivery, now);
      // A consumer that is to come back must leave nothing unsettled; one that stops closes the
      // channel, which gives back everything at once.
      if (!stop_deadline_) return parts_.settlement.give_back(event.delivery);
      parts_.settlement.leave(event.delivery);
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

Result<Done> WorkerLoop::begin_stop(TimePoint now) {
  log::info("stopping: {} events in hand", parts_.settlement.window().in_hand());
  const bool has_consumer = state_ == State::kConsuming;
  stop_deadline_ = now + std::max<Duration>(stop_timeout_ - kCloseReserve, std::chrono::seconds(1));
  state_ = State::kDraining;
  parts_.settlement.drain(now);
  return has_consumer ? parts_.source.cancel() : Result<Done>(Done{});
}

Result<Done> WorkerLoop::advance_stop(TimePoint now) {
  const bool late = now >= *stop_deadline_;
  // A queue of RabbitMQ answers a cancel itself, behind its last delivery. Its channel would answer
  // before that what is asked before that.
  const bool drained = parts_.settlement.drained() && !parts_.source.has_consumer();
  if (state_ == State::kDraining && (late || drained)) {
    if (parts_.settlement.window().in_hand() > 0)
      log::warn("{} events are not stored and go back to the queue",
                parts_.settlement.window().in_hand());
    state_ = State::kSettling;
    stop_deadline_ = now + kSettleTimeout;
    return parts_.source.confirm_settled();
  }
  if (state_ == State::kSettling && late) {
    log::warn("{} did not answer: the last acknowledgements may be lost", parts_.source.describe());
    // It would not answer a close either.
    parts_.source.drop();
    state_ = State::kStopped;
  }
  return Done{};
}

void WorkerLoop::report_ready() {
  if (!std::exchange(has_consumed_, true)) send_message('c');
}

void WorkerLoop::send_message(char word) {
  if (!supervisor_fd_) return;
  // The supervisor is the only reader; when it is gone there is nobody to tell.
  if (write(supervisor_fd_.get(), &word, 1) < 0) log::debug("the supervisor does not listen");
}

// A replacement comes while this worker goes on; it then gets a stop like any other.
void WorkerLoop::ask_for_recycling_if_due() {
  if (max_events_ == 0 || parts_.row.record().counters.received < max_events_) return;
  max_events_ = 0;
  send_message('r');
}

void WorkerLoop::publish(TimePoint now) {
  WorkerStatus& row = parts_.row;
  switch (state_) {
    case State::kConsuming:
      if (paused_since_)
        row.set_state(WorkerState::kHolding, kFull, now);
      else
        row.set_state(WorkerState::kConsuming, "", now);
      break;
    case State::kReturning:
    case State::kHolding:
      row.set_state(WorkerState::kHolding, hold_reason_, now);
      break;
    case State::kDisconnected:
      row.set_state(WorkerState::kConnecting, last_fault_, now);
      break;
    case State::kDraining:
    case State::kSettling:
    case State::kStopped:
      row.set_state(WorkerState::kDraining, "", now);
      break;
  }
  parts_.settlement.report(row.record());
  row.record().counters.reconnects[static_cast<std::size_t>(Peer::kRabbitmq)] = reconnects_;
  row.publish(now);
  ask_for_recycling_if_due();
}

void WorkerLoop::read_signals() {
  signalfd_siginfo signal;
  while (read(parts_.signal_fd, &signal, sizeof signal) > 0) {
    if (signal.ssi_signo == SIGTSTP)
      paused_ = true;
    else if (signal.ssi_signo == SIGCONT)
      paused_ = false;
    else
      signalled_ = true;
  }
}

std::optional<TimePoint> WorkerLoop::deadline(TimePoint now) const {
  if (source_may_have_more_) return now;
  const TimePoint latest = now + kLongestSleep;
  if (!is_connected()) return earliest(reconnect_at_, latest);
  auto next = earliest(parts_.settlement.deadline(), stop_deadline_);
  next = earliest(next, std::min(latest, now + parts_.source.heartbeat_period()));
  next = earliest(next, probe_dead_letters_at_);
  const bool may_return = state_ == State::kConsuming || state_ == State::kHolding;
  if (const auto oldest = parts_.settlement.oldest(); oldest && may_return)
    next = earliest(next, *oldest + hold_timeout_);
  if (paused_since_) next = earliest(next, *paused_since_ + longest_pause());
  return next;
}

void WorkerLoop::wait(TimePoint now) {
  const AmqpDeadLetters* letters = is_connected() ? parts_.dead_letters : nullptr;
  const short sending = letters != nullptr && letters->is_sending() ? POLLOUT : 0;
  std::array<pollfd, 4> fds = {{
      {parts_.signal_fd, POLLIN, 0},
      {parts_.inserter.fd(), POLLIN, 0},
      {is_connected() && reads_source() ? parts_.source.fd() : -1, POLLIN, 0},
      {letters != nullptr ? letters->fd() : -1, static_cast<short>(POLLIN | sending), 0},
  }};
  poll(fds.data(), fds.size(), poll_timeout_ms(deadline(now), now));
  if (fds[0].revents != 0) read_signals();
}

}  // namespace event_consumer
