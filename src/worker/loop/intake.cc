#include "worker/loop/intake.h"

namespace event_consumer {
namespace {

using Reason = IntakeDecision::Reason;

using Last = IntakeFacts::Last;

bool is_too_late(const IntakeFacts& facts, const IntakeLimits& limits) {
  return facts.oldest_age && *facts.oldest_age >= limits.hold_timeout;
}

// The next lost link would be the end of it.
bool last_must_go(const IntakeFacts& facts) {
  return facts.last == Last::kKept && facts.last_is_at_risk;
}

// Taking ends long before anything is given back: else each worker takes what the others give back,
// for a moment, and a quorum queue counts that.
bool waits_long(const IntakeFacts& facts, const IntakeLimits& limits) {
  return facts.oldest_age && *facts.oldest_age >= limits.hold_timeout / 2;
}

// Of a worker that has a consumer.
IntakeDecision decide_consuming(const IntakeFacts& facts, const IntakeLimits& limits) {
  if (last_must_go(facts) || waits_long(facts, limits))
    return {IntakeStep::kReturn, Reason::kTooLate};
  if (facts.nothing_fits) return {IntakeStep::kReturn, Reason::kNothingFits};
  if (facts.is_paused) return {IntakeStep::kReturn, Reason::kPaused};
  if (facts.dead_letters_refuse) return {IntakeStep::kReturn, Reason::kDeadLetters};
  if (!facts.may_take && facts.full_for && *facts.full_for >= limits.longest_full)
    return {IntakeStep::kReturn, Reason::kFull};
  return {};
}

IntakeDecision decide_holding(const IntakeFacts& facts, const IntakeLimits& limits) {
  if (facts.is_giving_back && facts.last == Last::kUnconfirmed) return {};
  if (facts.is_giving_back || is_too_late(facts, limits))
    return {IntakeStep::kGiveBackAll, Reason::kTooLate};
  if (facts.nothing_fits) return {IntakeStep::kGiveBackAll, Reason::kNothingFits};
  if (last_must_go(facts)) return {IntakeStep::kDeadLetterLast};
  if (!facts.is_paused && facts.has_room && !waits_long(facts, limits))
    return {IntakeStep::kResume};
  return {};
}

// Of one that stops.
IntakeDecision decide_draining(const IntakeFacts& facts) {
  if (!facts.is_late && !facts.is_drained) return {};
  if (facts.last == Last::kKept) return {IntakeStep::kDeadLetterLast};
  if (facts.last == Last::kUnconfirmed && !facts.is_late) return {};
  return {IntakeStep::kSettle};
}

}  // namespace

IntakeDecision decide(const IntakeFacts& facts, const IntakeLimits& limits) {
  switch (facts.state) {
    case IntakeState::kConsuming:
      if (facts.is_asked_to_stop) return {IntakeStep::kDrain};
      return decide_consuming(facts, limits);
    case IntakeState::kReturning:
      if (facts.is_asked_to_stop) return {IntakeStep::kDrain};
      return {};
    case IntakeState::kHolding:
      if (facts.is_asked_to_stop) return {IntakeStep::kDrain};
      return decide_holding(facts, limits);
    case IntakeState::kDraining:
      return decide_draining(facts);
    case IntakeState::kSettling:
      if (facts.is_late) return {IntakeStep::kGiveUpSettling};
      return {};
    case IntakeState::kStopped:
      break;
  }
  return {};
}

Arrival arrival(IntakeState state) {
  switch (state) {
    case IntakeState::kConsuming:
      return Arrival::kTake;
    case IntakeState::kReturning:
    case IntakeState::kHolding:
      return Arrival::kReturn;
    case IntakeState::kDraining:
    case IntakeState::kSettling:
    case IntakeState::kStopped:
      break;
  }
  return Arrival::kLeave;
}

}  // namespace event_consumer
