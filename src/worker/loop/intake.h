// Intake: whether deliveries are taken, and what is done about it. Pure: the loop states the plain
// facts, and gets the one step to take now; intake_test.cc is its table.
#pragma once

#include <optional>

#include "common/clock.h"

namespace event_consumer {

//    too much held, held for too long, paused,
//    dead letters refused                        cancelled    room again, and not paused
//  kConsuming ─────────────────▶ kReturning ──────▶ kHolding ──────────▶ kConsuming
//      any of these ──stop──▶ kDraining ──drained or late──▶ kSettling ──taken──▶ kStopped
//                                     ◀── a last delivery came ──┘
//
// When the link is lost, a stop ends at once; else the next link begins with kConsuming, or with
// kHolding while the worker is paused or has no room.
enum class IntakeState {
  kConsuming,  // deliveries are taken, as long as there is room
  kReturning,  // the consumer is being cancelled; what still comes goes back once it is
  kHolding,    // there is no consumer until there is room and the pause is over
  kDraining,   // stopping: what is in hand is inserted; what still comes is left to the broker
  kSettling,   // stopping: waits for the broker to have taken all acknowledgements
  kStopped,
};

struct IntakeFacts {
  IntakeState state;
  bool is_asked_to_stop = false;
  bool is_paused = false;                             // by an operator
  bool dead_letters_refuse = false;                   // the dead-letter queue does
  bool may_take = true;                               // see Settlement
  bool has_room = true;                               // see Settlement
  bool nothing_fits = false;                          // nor will: no more can be taken
  std::optional<Duration> oldest_age = std::nullopt;  // of the events in hand
  std::optional<Duration> full_for =
      std::nullopt;             // how long nothing was read, because nothing may be taken
  bool is_giving_back = false;  // see Settlement

  // Of the events in hand, those that their queue would drop if they were given back.
  enum class Last {
    kNone,
    kKept,
    kUnconfirmed,  // on their way to the dead-letter queue
  };
  Last last = Last::kNone;
  bool last_is_at_risk = false;  // links are lost and nothing is stored, or they are held too long

  // Only in kDraining and kSettling.
  bool is_drained = false;  // nothing more can be settled, and the consumer is gone
  bool is_late = false;     // the time for it is over
};

struct IntakeLimits {
  Duration hold_timeout;  // events that wait so long are given back
  Duration longest_full;  // so long deliveries may lie in the socket
};

enum class IntakeStep {
  kNone,
  kResume,          // consume again: kConsuming
  kReturn,          // cancel the consumer: kReturning
  kGiveBackAll,     // everything in hand is given back or dead-lettered; there is no consumer
  kDeadLetterLast,  // what must not be given back is dead-lettered; the others stay in hand
  kDrain,           // begin to stop: kDraining
  kSettle,          // ask the broker whether it has taken everything: kSettling
  kGiveUpSettling,  // the broker does not answer: kStopped
};

struct IntakeDecision {
  // Why nothing is taken, where `step` makes it so.
  enum class Reason { kNone, kTooLate, kPaused, kDeadLetters, kFull, kNothingFits };

  IntakeStep step = IntakeStep::kNone;
  Reason reason = Reason::kNone;
};

// What is to be done now.
IntakeDecision decide(const IntakeFacts& facts, const IntakeLimits& limits);

// What becomes of a delivery that comes in this state.
enum class Arrival {
  kTake,
  kReturn,  // goes back when the consumer is gone: a quorum queue would hand it to the same one
            // again at once, and count that twice
  kLeave,   // one that stops closes the channel, which gives back everything at once
};
Arrival arrival(IntakeState state);

}  // namespace event_consumer
