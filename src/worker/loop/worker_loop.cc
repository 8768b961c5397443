#include "worker/loop/worker_loop.h"

#include <algorithm>
#include <csignal>
#include <utility>
#include <variant>

#include "common/log.h"

namespace event_consumer {
namespace {

// So many deliveries are handled before the other descriptors get their turn.
constexpr int kDeliveriesPerTurn = 512;

// Kept of the stop timeout for settling and closing, so that the supervisor need not kill.
constexpr std::chrono::seconds kCloseReserve{3};
constexpr std::chrono::seconds kSettleTimeout{2};

// How long the loop sleeps at most, so that its heartbeat goes on when nothing happens.
constexpr std::chrono::seconds kLongestSleep{2};

// A broker that wants to send and cannot cuts the link after 30 s (RabbitMQ's send timeout). Long
// before, deliveries are taken off the socket and given back.
constexpr std::chrono::seconds kLongestFull{10};

// Deliveries with a verdict.
std::size_t settled(const InFlight& in_flight) {
  return in_flight.count(Verdict::kStored) + in_flight.count(Verdict::kDeadLettered) +
         in_flight.count(Verdict::kRejected);
}

constexpr char kMoreToCome[] = "more deliveries are taken from now on";
constexpr char kPaused[] = "paused by an operator";
constexpr char kFull[] = "too many bytes wait for ClickHouse or for the dead-letter queue";
constexpr char kTooLate[] = "ClickHouse or the dead-letter queue has taken nothing for too long";

}  // namespace

WorkerLoop::WorkerLoop(const Parts& parts, SupervisorPipe supervisor, const PrefetchWindow& window,
                       const Timeouts& timeouts)
    : parts_(parts),
      supervisor_(std::move(supervisor)),
      window_(window),
      timeouts_(timeouts),
      dead_letter_watch_(parts.settlement, parts.status),
      // A worker that is started into a pause gets no signal for it.
      is_paused_(parts.status.board().supervisor().read().paused != 0) {}

Result<Done> WorkerLoop::run() {
  const auto now = [this] { return parts_.events.now(); };
  if (auto done = begin(); !done) lose_link(done.error(), now());
  for (;;) {
    if (auto done = turn(now()); !done) lose_link(done.error(), now());
    publish(now());
    if (state_ == IntakeState::kStopped) break;
    const auto events = parts_.events.wait(awaited(), deadline(now()));
    if (!events) return events.error();
    handle(events.value().signals);
  }
  parts_.link.close();
  return Done{};
}

// With each new link.
Result<Done> WorkerLoop::begin() {
  Source& source = parts_.link.source();
  parts_.settlement.link_made(source, parts_.link.dead_letters());
  parts_.status.record().rabbitmq_version.set(source.server_version());
  dead_letter_watch_.link_made(source.describe());
  state_ = is_paused_ ? IntakeState::kHolding : IntakeState::kConsuming;
  settled_before_ = settled(parts_.settlement.in_flight());
  if (!is_paused_) return consume();
  hold_reason_ = kPaused;
  supervisor_.consumes();
  return Done{};
}

// One arm for each source of events.
Result<Done> WorkerLoop::turn(TimePoint now) {
  if (auto done = read_outcome(now); !done) return done;
  if (parts_.link.is_up()) return work_on_link(now);
  if (is_asked_to_stop_) {
    log::info("stopping: there is no link to the broker, which has everything back");
    state_ = IntakeState::kStopped;
    return Done{};
  }
  const auto connected = parts_.link.connect_if_due(now);
  if (!connected) return connected.error();
  return connected.value() ? begin() : Result<Done>(Done{});
}

Result<Done> WorkerLoop::read_outcome(TimePoint now) {
  auto outcome = parts_.inserter.take_outcome();
  if (!outcome) return Done{};
  if (const auto* insert = std::get_if<InsertOutcome>(&*outcome)) {
    parts_.status.set_clickhouse(insert->server);
    if (insert->kind == InsertOutcome::Kind::kStored) window_.inserted();
    if (auto done = renew_consumer_if_due(); !done) return done;
    return parts_.settlement.inserted(*insert, now);
  }
  auto& table = std::get<TableOutcome>(*outcome);
  parts_.status.set_clickhouse(table.server);
  return parts_.settlement.table_checked(std::move(table), now);
}

Result<Done> WorkerLoop::work_on_link(TimePoint now) {
  if (DeadLetterSink* letters = parts_.link.dead_letters())
    if (auto done = dead_letter_watch_.work(*letters, now); !done) return done;
  if (auto done = read_source(now); !done) return done;
  if (auto done = parts_.settlement.time_passed(now); !done) return done;
  return steer_intake(now);
}

void WorkerLoop::lose_link(const Error& error, TimePoint now) {
  parts_.status.set_last_error(error.message, now);
  if (!parts_.link.is_up()) return;
  const InFlight& in_flight = parts_.settlement.in_flight();
  const std::size_t in_hand = in_flight.in_hand();
  window_.link_lost(settled(in_flight) - settled_before_);
  parts_.settlement.link_lost();
  parts_.link.lose(error, in_hand, now);
  full_since_.reset();
  stop_deadline_.reset();
  source_may_have_more_ = false;
}

bool WorkerLoop::reads_source() const {
  return state_ != IntakeState::kConsuming || parts_.settlement.may_take();
}

Result<Done> WorkerLoop::read_source(TimePoint now) {
  source_may_have_more_ = false;
  for (int i = 0; i < kDeliveriesPerTurn; ++i) {
    if (!reads_source()) return Done{};
    const auto event = parts_.link.source().next();
    if (!event) return event.error();
    if (event.value().kind == SourceEvent::Kind::kNone) return Done{};
    if (auto done = handle(event.value(), now); !done) return done;
  }
  source_may_have_more_ = true;
  return Done{};
}

Result<Done> WorkerLoop::handle(const SourceEvent& event, TimePoint now) {
  switch (event.kind) {
    case SourceEvent::Kind::kNone:
      break;
    case SourceEvent::Kind::kConsuming:
      parts_.link.consumes(now);
      supervisor_.consumes();
      break;
    case SourceEvent::Kind::kDelivery:
      window_.received(event.delivery.body.size() + event.delivery.properties.size());
      switch (arrival(state_)) {
        case Arrival::kTake:
          return parts_.settlement.take(event.delivery, now);
        case Arrival::kReturn:
          return parts_.settlement.take_late(event.delivery, now);
        case Arrival::kLeave:
          parts_.settlement.leave(event.delivery);
      }
      break;
    case SourceEvent::Kind::kCancelled:
      if (state_ != IntakeState::kReturning) break;
      state_ = IntakeState::kHolding;
      return parts_.settlement.return_late();
    case SourceEvent::Kind::kSettled:
      if (state_ == IntakeState::kSettling) state_ = IntakeState::kStopped;
      break;
  }
  return Done{};
}

void WorkerLoop::handle(const std::vector<EventLoop::Signal>& signals) {
  for (const EventLoop::Signal& signal : signals) {
    if (signal.number == SIGTSTP || signal.number == SIGCONT)
      is_paused_ = signal.number == SIGTSTP;
    else
      is_asked_to_stop_ = true;
  }
}

// A larger window needs another consumer. The one that is there goes before an acknowledgement
// gives it room: what is on its way to one that is cancelled, a quorum queue counts as returned
// (ran: 3.10).
Result<Done> WorkerLoop::renew_consumer_if_due() {
  const bool has_consumer = parts_.link.is_up() && state_ == IntakeState::kConsuming;
  if (!has_consumer || !parts_.settlement.window_is_full() || !window_.has_grown()) return Done{};
  hold_reason_ = kMoreToCome;
  state_ = IntakeState::kReturning;
  return parts_.link.source().cancel();
}

Result<Done> WorkerLoop::consume() {
  window_.applied();
  parts_.settlement.set_prefetch(window_.size());
  return parts_.link.source().consume(window_.size());
}

Result<Done> WorkerLoop::steer_intake(TimePoint now) {
  while (parts_.link.is_up()) {
    if (state_ != IntakeState::kConsuming || parts_.settlement.may_take())
      full_since_.reset();
    else if (!full_since_)
      full_since_ = now;
    const IntakeDecision decision = decide(facts(now), limits());
    if (decision.step == IntakeStep::kNone) return Done{};
    if (auto done = take_step(decision, now); !done) return done;
  }
  return Done{};
}

IntakeFacts WorkerLoop::facts(TimePoint now) const {
  const Settlement& settlement = parts_.settlement;
  const auto age = [now](std::optional<TimePoint> since) {
    return since ? std::optional<Duration>(now - *since) : std::nullopt;
  };
  IntakeFacts facts{state_};
  facts.is_asked_to_stop = is_asked_to_stop_;
  facts.is_paused = is_paused_;
  facts.dead_letters_refuse = !dead_letter_watch_.fault().empty();
  facts.may_take = settlement.may_take();
  facts.has_room = settlement.has_room();
  if (!window_.is_probing()) facts.oldest_age = age(settlement.oldest());
  facts.full_for = age(full_since_);
  // A queue of RabbitMQ answers a cancel itself, behind its last delivery. Its channel would answer
  // before that what is asked before that.
  facts.is_drained = settlement.drained() && !parts_.link.source().has_consumer();
  facts.is_late = stop_deadline_ && now >= *stop_deadline_;
  return facts;
}

// While nothing is read, no heartbeat is sent either.
IntakeLimits WorkerLoop::limits() const {
  const Duration heartbeat = parts_.link.source().heartbeat_period();
  return {timeouts_.hold, std::min<Duration>(kLongestFull, 2 * heartbeat)};
}

Result<Done> WorkerLoop::take_step(const IntakeDecision& decision, TimePoint now) {
  switch (decision.step) {
    case IntakeStep::kNone:
      break;
    case IntakeStep::kResume:
      log::log(hold_reason_ == kMoreToCome ? log::Level::debug : log::Level::info,
               "taking deliveries from {} again", parts_.link.source().describe());
      state_ = IntakeState::kConsuming;
      return consume();
    case IntakeStep::kReturn:
    case IntakeStep::kGiveBackAll:
      return give_back(decision, now);
    case IntakeStep::kDrain:
      return drain(now);
    case IntakeStep::kSettle:
      return settle(now);
    case IntakeStep::kGiveUpSettling:
      log::warn("{} did not answer: the last acknowledgements may be lost",
                parts_.link.source().describe());
      // It would not answer a close either.
      parts_.settlement.link_lost();
      parts_.link.drop();
      state_ = IntakeState::kStopped;
      break;
  }
  return Done{};
}

Result<Done> WorkerLoop::give_back(const IntakeDecision& decision, TimePoint now) {
  hold_reason_ = say_why(decision.reason);
  if (decision.step != IntakeStep::kGiveBackAll) {
    state_ = IntakeState::kReturning;
    if (auto done = parts_.link.source().cancel(); !done) return done;
  }
  if (decision.reason == IntakeDecision::Reason::kFull) window_.too_many_bytes();
  if (decision.step == IntakeStep::kReturn) return Done{};
  log::warn(
      "an event from {} has waited for {} s: everything in hand is given back until it can be "
      "stored again",
      parts_.link.source().describe(), timeouts_.hold.count());
  window_.given_back();
  return parts_.settlement.give_back_all(now);
}

// In the log, and as the status shows it.
std::string WorkerLoop::say_why(IntakeDecision::Reason reason) const {
  const std::string queue = parts_.link.source().describe();
  switch (reason) {
    case IntakeDecision::Reason::kNone:
      break;
    case IntakeDecision::Reason::kTooLate:
      return kTooLate;
    case IntakeDecision::Reason::kPaused:
      log::info("paused: no deliveries are taken from {} until SIGCONT", queue);
      return kPaused;
    case IntakeDecision::Reason::kDeadLetters:
      return dead_letter_watch_.fault();
    case IntakeDecision::Reason::kFull:
      log::warn("{}: deliveries from {} are given back until they are stored", kFull, queue);
      return kFull;
  }
  return "";
}

Result<Done> WorkerLoop::drain(TimePoint now) {
  log::info("stopping: {} events in hand", parts_.settlement.in_flight().in_hand());
  const bool has_consumer = state_ == IntakeState::kConsuming;
  stop_deadline_ =
      now + std::max<Duration>(timeouts_.stop - kCloseReserve, std::chrono::seconds(1));
  state_ = IntakeState::kDraining;
  if (auto done = parts_.settlement.drain(now); !done) return done;
  return has_consumer ? parts_.link.source().cancel() : Result<Done>(Done{});
}

Result<Done> WorkerLoop::settle(TimePoint now) {
  const std::size_t in_hand = parts_.settlement.in_flight().in_hand();
  if (in_hand > 0) log::warn("{} events are not stored and go back to the queue", in_hand);
  state_ = IntakeState::kSettling;
  stop_deadline_ = now + kSettleTimeout;
  return parts_.link.source().confirm_settled();
}

void WorkerLoop::publish(TimePoint now) {
  WorkerStatus& status = parts_.status;
  const bool stops = arrival(state_) == Arrival::kLeave;
  if (stops)
    status.set_state(WorkerState::kDraining, "", now);
  else if (!parts_.link.is_up())
    status.set_state(WorkerState::kConnecting, parts_.link.fault(), now);
  else if (state_ != IntakeState::kConsuming)
    status.set_state(WorkerState::kHolding, hold_reason_, now);
  else if (full_since_)
    status.set_state(WorkerState::kHolding, kFull, now);
  else
    status.set_state(WorkerState::kConsuming, "", now);
  WorkerRecord& record = status.record();
  parts_.settlement.report(record);
  record.counters.reconnects[static_cast<std::size_t>(Peer::kRabbitmq)] = parts_.link.reconnects();
  status.publish(now);
  supervisor_.received(record.counters.received);
}

std::vector<Awaited> WorkerLoop::awaited() const {
  std::vector<Awaited> awaited = {{parts_.inserter.fd()}};
  if (!parts_.link.is_up()) return awaited;
  if (reads_source()) awaited.push_back({parts_.link.source().fd()});
  if (const DeadLetterSink* letters = parts_.link.dead_letters())
    awaited.push_back({letters->fd(), letters->is_sending()});
  return awaited;
}

TimePoint WorkerLoop::deadline(TimePoint now) const {
  if (source_may_have_more_) return now;
  std::optional<TimePoint> next = now + kLongestSleep;
  if (!parts_.link.is_up()) return *earliest(next, parts_.link.deadline());
  next = earliest(next, now + parts_.link.source().heartbeat_period());
  next = earliest(next, parts_.settlement.deadline());
  next = earliest(next, stop_deadline_);
  next = earliest(next, dead_letter_watch_.deadline());
  const bool may_return = state_ == IntakeState::kConsuming || state_ == IntakeState::kHolding;
  const auto oldest = parts_.settlement.oldest();
  if (oldest && may_return && !window_.is_probing())
    next = earliest(next, *oldest + timeouts_.hold);
  if (full_since_) next = earliest(next, *full_since_ + limits().longest_full);
  return *next;
}

}  // namespace event_consumer
