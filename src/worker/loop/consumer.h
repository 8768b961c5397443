// Consumer: the worker's consumer at the queue, in AMQP's sense. It asks Intake what to do about
// taking deliveries, and does it: consumes, cancels, gives back, drains and settles. What becomes
// of a delivery is Settlement's business, and when anything happens the loop's.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "common/clock.h"
#include "common/result.h"
#include "worker/loop/broker_link.h"
#include "worker/loop/intake.h"
#include "worker/loop/prefetch_window.h"
#include "worker/loop/settlement.h"

namespace event_consumer {

class Consumer {
 public:
  struct Timeouts {
    std::chrono::seconds stop;  // for a graceful stop, after which the supervisor kills
    std::chrono::seconds hold;  // events that wait so long are given back
  };

  // What others want of it at present.
  struct Wishes {
    bool stop = false;
    bool pause = false;
    std::string dead_letter_fault;  // why the dead-letter queue refuses; empty when it does not
  };

  // Both must outlive the consumer.
  Consumer(BrokerLink& link, Settlement& settlement, const PrefetchWindow& window,
           const Timeouts& timeouts);

  // A link is there, and the settlement knows. Consumes, unless the worker is paused or has no
  // room.
  Result<Done> link_made(bool is_paused);
  // It is gone, and the settlement does not know yet.
  void link_lost();

  // What the source says.
  Result<Done> delivered(const Delivery& delivery, TimePoint now);
  Result<Done> cancelled();
  Result<Done> settled();
  // An insert was stored, and nothing is acknowledged yet.
  Result<Done> insert_stored(TimePoint now);

  // Does what is due; only while there is a link. An Error means that the link is lost.
  Result<Done> steer(const Wishes& wishes, TimePoint now);
  // A stop while there is no link.
  void stop_without_link();

  // Whether the source is to be read: not while nothing more may be held.
  bool reads() const;
  bool is_stopped() const { return state_ == IntakeState::kStopped; }
  // As the status shows them while there is a link.
  WorkerState state() const;
  std::string reason() const;
  // When steer() has something to do though nothing happens; only while there is a link.
  std::optional<TimePoint> deadline() const;

 private:
  Result<Done> consume();
  Result<Done> renew();
  bool nothing_will_fit() const;
  std::optional<TimePoint> widens_at() const;
  const char* why_no_room() const;
  bool stays_in_hand() const;
  bool may_wait_too_long() const;
  bool last_is_at_risk(std::optional<Duration> age) const;
  std::optional<TimePoint> oldest() const;
  IntakeFacts facts(const Wishes& wishes, TimePoint now) const;
  IntakeLimits limits() const;
  Result<Done> take_step(const IntakeDecision& decision, const Wishes& wishes, TimePoint now);
  Result<Done> give_back(const IntakeDecision& decision, const Wishes& wishes, TimePoint now);
  Result<Done> drain(TimePoint now);
  Result<Done> settle(TimePoint now);
  Result<Done> give_up_settling(TimePoint now);

  BrokerLink& link_;
  Settlement& settlement_;
  PrefetchWindow window_;
  Timeouts timeouts_;

  IntakeState state_ = IntakeState::kConsuming;
  std::string hold_reason_;                 // in kReturning and kHolding
  std::size_t settled_before_ = 0;          // verdicts when the link was made
  TimePoint decided_from_{};                // what waited for others before, is decided since
  std::optional<TimePoint> full_since_;     // reading stopped because nothing may be taken
  std::optional<TimePoint> stop_deadline_;  // in kDraining and kSettling
};

}  // namespace event_consumer
