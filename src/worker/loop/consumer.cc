#include "worker/loop/consumer.h"

#include <algorithm>

#include "common/log.h"

namespace event_consumer {
namespace {

// Kept of the stop timeout for settling and closing, so that the supervisor need not kill.
constexpr std::chrono::seconds kCloseReserve{3};
constexpr std::chrono::seconds kSettleTimeout{2};
// Of that reserve, for the dead-letter queue to confirm what must not be given back.
constexpr std::chrono::seconds kConfirmTimeout{1};

// A broker that wants to send and cannot cuts the link after 30 s (RabbitMQ's send timeout). Long
// before, deliveries are taken off the socket and given back.
constexpr std::chrono::seconds kLongestFull{10};

// Deliveries with a verdict.
std::size_t settled_of(const InFlight& in_flight) {
  return in_flight.count(Verdict::kStored) + in_flight.count(Verdict::kDeadLettered) +
         in_flight.count(Verdict::kRejected) + in_flight.count(Verdict::kRecognised);
}

constexpr char kMoreToCome[] = "more deliveries are taken from now on";
constexpr char kPaused[] = "paused by an operator";
constexpr char kFull[] = "too many bytes wait for ClickHouse or for the dead-letter queue";
constexpr char kNothingFits[] = "none of the events has a key that is a column of the table";
constexpr char kTooLate[] = "ClickHouse or the dead-letter queue has taken nothing for too long";

// As the status shows it.
std::string say_why(IntakeDecision::Reason reason, const Consumer::Wishes& wishes) {
  switch (reason) {
    case IntakeDecision::Reason::kNone:
      break;
    case IntakeDecision::Reason::kTooLate:
      return kTooLate;
    case IntakeDecision::Reason::kPaused:
      return kPaused;
    case IntakeDecision::Reason::kDeadLetters:
      return wishes.dead_letter_fault;
    case IntakeDecision::Reason::kFull:
      return kFull;
    case IntakeDecision::Reason::kNothingFits:
      return kNothingFits;
  }
  return "";
}

}  // namespace

Consumer::Consumer(BrokerLink& link, Settlement& settlement, const PrefetchWindow& window,
                   const Timeouts& timeouts)
    : link_(link), settlement_(settlement), window_(window), timeouts_(timeouts) {}

Result<Done> Consumer::link_made(bool is_paused) {
  settled_before_ = settled_of(settlement_.in_flight());
  state_ = IntakeState::kConsuming;
  // What was given back is not taken again before its time just because the link is new.
  if (!is_paused && settlement_.has_room()) return consume();
  state_ = IntakeState::kHolding;
  hold_reason_ = is_paused ? kPaused : why_no_room();
  return Done{};
}

void Consumer::link_lost() {
  window_.link_lost(settled_of(settlement_.in_flight()) - settled_before_);
  full_since_.reset();
  stop_deadline_.reset();
}

Result<Done> Consumer::delivered(const Delivery& delivery, TimePoint now) {
  window_.received(delivery.body.size() + delivery.properties.size());
  // It was read, and others have moved up.
  full_since_.reset();
  if (arrival(state_) == Arrival::kTake) return settlement_.take(delivery, now);
  return settlement_.take_late(delivery, now);
}

Result<Done> Consumer::cancelled() {
  if (state_ == IntakeState::kReturning) state_ = IntakeState::kHolding;
  // One that stops closes the channel, and everything goes back at once.
  const bool stays = arrival(state_) == Arrival::kLeave && !settlement_.took_behind_late();
  return stays ? Result<Done>(Done{}) : settlement_.return_late();
}

// Where the cancel was not answered before, more has come meanwhile: what may not go back, and
// what is settled by now.
Result<Done> Consumer::settled() {
  if (state_ != IntakeState::kSettling) return Done{};
  state_ = settlement_.keeps_last() ? IntakeState::kDraining : IntakeState::kStopped;
  return settlement_.acknowledge_behind();
}

// A larger window needs another consumer. The one that is there goes before an acknowledgement
// gives it room: what is on its way to one that is cancelled, a quorum queue counts as returned
// (ran: 3.10).
Result<Done> Consumer::insert_stored(TimePoint now) {
  // The probe is not decided by what was posted before it.
  if (settlement_.posts_orphan()) return Done{};
  if (window_.is_probing()) decided_from_ = now;
  window_.inserted();
  const bool has_consumer = link_.is_up() && state_ == IntakeState::kConsuming;
  if (!has_consumer || !settlement_.window_is_full() || !window_.has_grown(settlement_.undecided()))
    return Done{};
  return renew();
}

Result<Done> Consumer::renew() {
  hold_reason_ = kMoreToCome;
  state_ = IntakeState::kReturning;
  return link_.source().cancel();
}

const char* Consumer::why_no_room() const {
  return settlement_.awaits_columns() ? kNothingFits : kTooLate;
}

// Not even the largest window has brought an event that fits.
bool Consumer::nothing_will_fit() const {
  if (!settlement_.nothing_fits()) return false;
  const std::size_t in_hand = settlement_.in_flight().in_hand();
  return !settlement_.may_take() || (settlement_.window_is_full() && window_.is_wide_open(in_hand));
}

// When more are to be taken beside what only others can decide about. While links break they would
// all go back with the next one: not before this one is good.
std::optional<TimePoint> Consumer::widens_at() const {
  const bool is_due = state_ == IntakeState::kConsuming && settlement_.wants_more() &&
                      settlement_.may_take() && settlement_.window_is_full() &&
                      !window_.is_wide_open(settlement_.in_flight().in_hand());
  if (!is_due) return std::nullopt;
  return window_.links_break() ? link_.good_from() : TimePoint{};
}

Result<Done> Consumer::consume() {
  const std::size_t prefetch = window_.begin_consumer(settlement_.undecided());
  settlement_.consumes(prefetch);
  return link_.source().consume(prefetch);
}

Result<Done> Consumer::steer(const Wishes& wishes, TimePoint now) {
  if (wishes.pause)
    hold_reason_ = kPaused;
  else if (hold_reason_ == kPaused)
    hold_reason_ = why_no_room();
  if (settlement_.wants_more()) decided_from_ = now;
  if (const auto at = widens_at(); at && now >= *at && !wishes.stop) {
    window_.widen(settlement_.in_flight().in_hand());
    return renew();
  }
  while (link_.is_up()) {
    if (reads())
      full_since_.reset();
    else if (!full_since_)
      full_since_ = now;
    const IntakeDecision decision = decide(facts(wishes, now), limits());
    if (decision.step == IntakeStep::kNone) return Done{};
    if (auto done = take_step(decision, wishes, now); !done) return done;
  }
  return Done{};
}

void Consumer::stop_without_link() {
  log::info("stopping: there is no link to the broker, which has everything back");
  state_ = IntakeState::kStopped;
}

bool Consumer::reads() const { return state_ != IntakeState::kConsuming || settlement_.may_take(); }

WorkerState Consumer::state() const {
  if (arrival(state_) == Arrival::kLeave) return WorkerState::kDraining;
  const bool holds = state_ != IntakeState::kConsuming || full_since_;
  return holds ? WorkerState::kHolding : WorkerState::kConsuming;
}

std::string Consumer::reason() const {
  if (arrival(state_) == Arrival::kLeave) return "";
  if (state_ != IntakeState::kConsuming) return hold_reason_;
  return full_since_ ? kFull : "";
}

std::optional<TimePoint> Consumer::deadline() const {
  std::optional<TimePoint> next = earliest(stop_deadline_, widens_at());
  const bool may_return = state_ == IntakeState::kConsuming || state_ == IntakeState::kHolding;
  const auto oldest = this->oldest();
  if (oldest && may_return && may_wait_too_long()) next = earliest(next, *oldest + timeouts_.hold);
  if (full_since_) next = earliest(next, *full_since_ + limits().longest_full);
  return next;
}

// What has waited beside the probe, or for others to decide about it, is to be decided now.
std::optional<TimePoint> Consumer::oldest() const {
  const auto oldest = settlement_.in_flight().oldest();
  if (!oldest || settlement_.wants_more()) return oldest;
  return std::max(*oldest, decided_from_);
}

// However long it takes: a probe until it is decided, and what only others can decide about.
bool Consumer::stays_in_hand() const { return window_.is_probing() || settlement_.wants_more(); }

// But for what is at its last delivery. What waits for the dead-letter queue waits for nothing
// else.
bool Consumer::may_wait_too_long() const {
  if (settlement_.is_giving_back()) return false;
  return !stays_in_hand() || settlement_.keeps_last();
}

// While links break, the next one would be the end of what cannot be stored now; so would the
// broker's consumer_timeout, as what stays is held for however long it takes.
bool Consumer::last_is_at_risk(std::optional<Duration> age) const {
  const bool is_held = stays_in_hand() && age && *age >= timeouts_.hold;
  const bool waits = settlement_.is_failing() || settlement_.wants_more();
  return is_held || (window_.links_break() && waits);
}

IntakeFacts Consumer::facts(const Wishes& wishes, TimePoint now) const {
  const auto age = [now](std::optional<TimePoint> since) {
    return since ? std::optional<Duration>(now - *since) : std::nullopt;
  };
  IntakeFacts facts{state_};
  facts.is_asked_to_stop = wishes.stop;
  facts.is_paused = wishes.pause;
  facts.dead_letters_refuse = !wishes.dead_letter_fault.empty();
  facts.may_take = settlement_.may_take();
  facts.has_room = settlement_.has_room();
  facts.nothing_fits = nothing_will_fit();
  const auto oldest_age = age(oldest());
  if (!stays_in_hand() && may_wait_too_long()) facts.oldest_age = oldest_age;
  facts.full_for = age(full_since_);
  facts.is_giving_back = settlement_.is_giving_back();
  facts.last = settlement_.keeps_last() ? IntakeFacts::Last::kKept
               : settlement_.has_last() ? IntakeFacts::Last::kUnconfirmed
                                        : IntakeFacts::Last::kNone;
  facts.last_is_at_risk = last_is_at_risk(oldest_age);
  // A queue of RabbitMQ answers a cancel itself, behind its last delivery. Its channel would answer
  // before that what is asked before that.
  facts.is_drained = settlement_.drained() && !link_.source().has_consumer();
  facts.is_late = stop_deadline_ && now >= *stop_deadline_;
  return facts;
}

// While nothing is read, no heartbeat is sent either.
IntakeLimits Consumer::limits() const {
  const Duration heartbeat = link_.source().heartbeat_period();
  return {timeouts_.hold, std::min<Duration>(kLongestFull, 2 * heartbeat)};
}

Result<Done> Consumer::take_step(const IntakeDecision& decision, const Wishes& wishes,
                                 TimePoint now) {
  switch (decision.step) {
    case IntakeStep::kNone:
      break;
    case IntakeStep::kResume:
      log::log(hold_reason_ == kMoreToCome ? log::Level::debug : log::Level::info,
               "taking deliveries from {} again", link_.source().describe());
      state_ = IntakeState::kConsuming;
      return consume();
    case IntakeStep::kReturn:
    case IntakeStep::kGiveBackAll:
      return give_back(decision, wishes, now);
    case IntakeStep::kDeadLetterLast:
      if (stop_deadline_) stop_deadline_ = std::max(*stop_deadline_, now + kConfirmTimeout);
      return settlement_.dead_letter_last(now);
    case IntakeStep::kDrain:
      return drain(now);
    case IntakeStep::kSettle:
      return settle(now);
    case IntakeStep::kGiveUpSettling:
      return give_up_settling(now);
  }
  return Done{};
}

Result<Done> Consumer::give_back(const IntakeDecision& decision, const Wishes& wishes,
                                 TimePoint now) {
  const std::string queue = link_.source().describe();
  if (!settlement_.is_giving_back()) hold_reason_ = say_why(decision.reason, wishes);
  if (decision.reason == IntakeDecision::Reason::kFull) {
    log::warn("{}: deliveries from {} are given back until they are stored", kFull, queue);
    window_.too_many_bytes();
  }
  if (decision.step == IntakeStep::kReturn) {
    state_ = IntakeState::kReturning;
    return link_.source().cancel();
  }
  const bool goes = !settlement_.keeps_last() && settlement_.in_flight().in_hand() > 0;
  if (goes && decision.reason == IntakeDecision::Reason::kNothingFits)
    log::error(
        "{}: all {} events in hand are given back to {}, and no more are taken until the table has "
        "other columns; or correct RABBITMQ_QUEUE or CLICKHOUSE_TABLE, then reload or restart",
        kNothingFits, settlement_.in_flight().in_hand(), queue);
  else if (goes)
    log::warn(
        "an event from {} has waited for {} s: everything in hand is given back until it can be "
        "stored again",
        queue, timeouts_.hold.count());
  window_.given_back();
  return settlement_.give_back_all(now);
}

Result<Done> Consumer::drain(TimePoint now) {
  log::info("stopping: {} events in hand", settlement_.in_flight().in_hand());
  const bool has_consumer = state_ == IntakeState::kConsuming;
  stop_deadline_ =
      now + std::max<Duration>(timeouts_.stop - kCloseReserve, std::chrono::seconds(1));
  state_ = IntakeState::kDraining;
  if (auto done = settlement_.drain(now); !done) return done;
  return has_consumer ? link_.source().cancel() : Result<Done>(Done{});
}

Result<Done> Consumer::settle(TimePoint now) {
  const std::size_t in_hand = settlement_.in_flight().in_hand() - settlement_.late();
  if (in_hand > 0) log::warn("{} events are not stored and go back to the queue", in_hand);
  state_ = IntakeState::kSettling;
  stop_deadline_ = now + kSettleTimeout;
  // A consumer that is still there would be handed it again at once.
  auto done = link_.source().has_consumer() ? settlement_.acknowledge_behind()
                                            : settlement_.give_back_rest(now);
  if (!done) return done;
  return settlement_.ask_whether_settled(now);
}

Result<Done> Consumer::give_up_settling(TimePoint now) {
  log::warn("{} did not answer: the last acknowledgements may be lost", link_.source().describe());
  // It would not answer a close either.
  settlement_.link_lost(now);
  link_.drop();
  state_ = IntakeState::kStopped;
  return Done{};
}

}  // namespace event_consumer
