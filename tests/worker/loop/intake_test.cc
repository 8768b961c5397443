// The table of what the intake does: each state, each fact.
#include "worker/loop/intake.h"

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using std::chrono::seconds;
using Reason = IntakeDecision::Reason;
using State = IntakeState;
using Step = IntakeStep;

constexpr IntakeLimits kLimits{seconds(60), seconds(10)};
constexpr State kTaking[] = {State::kConsuming, State::kReturning, State::kHolding};

// With nothing that speaks against taking.
IntakeFacts facts(State state) {
  IntakeFacts facts{};
  facts.state = state;
  return facts;
}

void check(const IntakeFacts& facts, Step step, Reason reason = Reason::kNone) {
  INFO("state " << static_cast<int>(facts.state));
  const IntakeDecision decision = decide(facts, kLimits);
  CHECK((decision.step == step));
  CHECK((decision.reason == reason));
}

TEST_CASE("intake: with nothing against it, deliveries are taken, and taken again", "[intake]") {
  check(facts(State::kConsuming), Step::kNone);
  check(facts(State::kReturning), Step::kNone);
  check(facts(State::kHolding), Step::kResume);
  for (const State state : {State::kDraining, State::kSettling, State::kStopped})
    check(facts(state), Step::kNone);
}

TEST_CASE("intake: a pause cancels the consumer, and lasts", "[intake]") {
  for (const State state : kTaking) {
    IntakeFacts paused = facts(state);
    paused.is_paused = true;
    if (state == State::kConsuming)
      check(paused, Step::kReturn, Reason::kPaused);
    else
      check(paused, Step::kNone);
  }
}

TEST_CASE("intake: a dead-letter queue that refuses cancels the consumer", "[intake]") {
  IntakeFacts refused = facts(State::kConsuming);
  refused.dead_letters_refuse = true;
  refused.may_take = refused.has_room = false;
  check(refused, Step::kReturn, Reason::kDeadLetters);
  refused.state = State::kHolding;
  check(refused, Step::kNone);
}

TEST_CASE("intake: too much held is waited for, then given back", "[intake]") {
  IntakeFacts full = facts(State::kConsuming);
  full.may_take = full.has_room = false;
  check(full, Step::kNone);
  full.full_for = seconds(10) - Duration(1);
  check(full, Step::kNone);
  full.full_for = seconds(10);
  check(full, Step::kReturn, Reason::kFull);
  full.state = State::kHolding;
  check(full, Step::kNone);
}

TEST_CASE("intake: an event that has waited too long sends all of them back", "[intake]") {
  for (const State state : kTaking) {
    IntakeFacts late = facts(state);
    late.may_take = late.has_room = false;
    late.oldest_age = seconds(60) - Duration(1);
    if (state != State::kConsuming) check(late, Step::kNone);
    late.oldest_age = seconds(60);
    if (state == State::kConsuming) check(late, Step::kReturn, Reason::kTooLate);
    if (state == State::kReturning) check(late, Step::kNone);
    if (state == State::kHolding) check(late, Step::kGiveBackAll, Reason::kTooLate);
  }
}

TEST_CASE("intake: nothing is taken any more long before everything is given back", "[intake]") {
  IntakeFacts late = facts(State::kConsuming);
  late.oldest_age = seconds(30) - Duration(1);
  check(late, Step::kNone);
  late.oldest_age = seconds(30);
  check(late, Step::kReturn, Reason::kTooLate);
  late.state = State::kHolding;
  check(late, Step::kNone);
  late.oldest_age = seconds(30) - Duration(1);
  check(late, Step::kResume);
}

TEST_CASE("intake: what is too late is said before a pause and before anything else", "[intake]") {
  IntakeFacts all = facts(State::kConsuming);
  all.oldest_age = seconds(61);
  all.is_paused = all.dead_letters_refuse = true;
  check(all, Step::kReturn, Reason::kTooLate);
  all.oldest_age.reset();
  check(all, Step::kReturn, Reason::kPaused);
}

TEST_CASE("intake: a stop goes before everything else", "[intake]") {
  for (const State state : kTaking) {
    IntakeFacts stopping = facts(state);
    stopping.is_asked_to_stop = true;
    stopping.is_paused = stopping.dead_letters_refuse = true;
    stopping.oldest_age = seconds(100);
    check(stopping, Step::kDrain);
  }
}

TEST_CASE("intake: a stop settles when all is drained, or when it is late", "[intake]") {
  IntakeFacts draining = facts(State::kDraining);
  draining.is_asked_to_stop = true;
  check(draining, Step::kNone);
  draining.is_drained = true;
  check(draining, Step::kSettle);
  draining.is_drained = false;
  draining.is_late = true;
  check(draining, Step::kSettle);

  IntakeFacts settling = facts(State::kSettling);
  settling.is_asked_to_stop = true;
  settling.is_drained = true;
  check(settling, Step::kNone);
  settling.is_late = true;
  check(settling, Step::kGiveUpSettling);

  IntakeFacts stopped = facts(State::kStopped);
  stopped.is_asked_to_stop = stopped.is_late = stopped.is_drained = true;
  check(stopped, Step::kNone);
}

TEST_CASE("intake: what becomes of a delivery that comes", "[intake]") {
  CHECK((arrival(State::kConsuming) == Arrival::kTake));
  CHECK((arrival(State::kReturning) == Arrival::kReturn));
  CHECK((arrival(State::kHolding) == Arrival::kReturn));
  for (const State state : {State::kDraining, State::kSettling, State::kStopped})
    CHECK((arrival(state) == Arrival::kLeave));
}

// What is dead-lettered in their place is in hand until the queue confirms it.
TEST_CASE("intake: everything goes back once nothing of it would be dropped", "[intake]") {
  IntakeFacts late = facts(State::kHolding);
  late.oldest_age = kLimits.hold_timeout;
  late.last = IntakeFacts::Last::kKept;
  check(late, Step::kGiveBackAll, Reason::kTooLate);
  late.is_giving_back = true;
  late.last = IntakeFacts::Last::kUnconfirmed;
  check(late, Step::kNone);
  // Also when the oldest was the one that was dead-lettered.
  late.oldest_age.reset();
  check(late, Step::kNone);
  late.last = IntakeFacts::Last::kNone;
  check(late, Step::kGiveBackAll, Reason::kTooLate);
}

TEST_CASE("intake: where links break and inserts fail, no last delivery is waited for",
          "[intake]") {
  IntakeFacts risky = facts(State::kConsuming);
  risky.last_is_at_risk = true;
  check(risky, Step::kNone);
  risky.last = IntakeFacts::Last::kUnconfirmed;
  check(risky, Step::kNone);
  risky.last = IntakeFacts::Last::kKept;
  check(risky, Step::kReturn, Reason::kTooLate);
  risky.state = State::kReturning;
  check(risky, Step::kNone);
  risky.state = State::kHolding;
  risky.has_room = false;
  check(risky, Step::kDeadLetterLast);
  risky.last = IntakeFacts::Last::kUnconfirmed;
  check(risky, Step::kNone);
}

// A return counts against their limit, too.
TEST_CASE("intake: for the sake of a last delivery the others go back only when they are late",
          "[intake]") {
  IntakeFacts risky = facts(State::kHolding);
  risky.has_room = false;
  risky.last_is_at_risk = true;
  risky.last = IntakeFacts::Last::kKept;
  risky.oldest_age = kLimits.hold_timeout - Duration(1);
  check(risky, Step::kDeadLetterLast);
  risky.oldest_age = kLimits.hold_timeout;
  check(risky, Step::kGiveBackAll, Reason::kTooLate);
}

TEST_CASE("intake: a stop lets go of nothing that would be dropped", "[intake]") {
  IntakeFacts stopping = facts(State::kDraining);
  stopping.last = IntakeFacts::Last::kKept;
  check(stopping, Step::kNone);
  stopping.is_drained = true;
  check(stopping, Step::kDeadLetterLast);
  stopping.is_late = true;
  check(stopping, Step::kDeadLetterLast);
  stopping.is_late = false;
  stopping.last = IntakeFacts::Last::kUnconfirmed;
  check(stopping, Step::kNone);
  stopping.is_late = true;
  check(stopping, Step::kSettle);
}

}  // namespace
}  // namespace event_consumer
