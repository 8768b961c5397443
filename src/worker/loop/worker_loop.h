// The loop of a worker: waits for broker, ClickHouse, signals and time, and passes what happened to
// the settlement. Whether anything is taken, Intake decides; what becomes of a delivery is the
// settlement's business.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "common/event_loop.h"
#include "common/result.h"
#include "worker/insert/inserter.h"
#include "worker/loop/broker_link.h"
#include "worker/loop/dead_letter_watch.h"
#include "worker/loop/intake.h"
#include "worker/loop/prefetch_window.h"
#include "worker/loop/settlement.h"
#include "worker/loop/supervisor_pipe.h"
#include "worker/loop/worker_status.h"

namespace event_consumer {

class WorkerLoop {
 public:
  // What the loop waits for and works on. Everything must outlive it.
  struct Parts {
    EventLoop& events;  // its signals: SIGTERM and SIGINT ask for a graceful stop, SIGTSTP to take
                        // nothing more for now, and SIGCONT ends that
    BrokerLink& link;
    Inserter& inserter;
    Settlement& settlement;
    WorkerStatus& status;
  };

  struct Timeouts {
    std::chrono::seconds stop;  // for a graceful stop, after which the supervisor kills
    std::chrono::seconds hold;  // events that wait so long are given back
  };

  WorkerLoop(const Parts& parts, SupervisorPipe supervisor, const PrefetchWindow& window,
             const Timeouts& timeouts);

  // Consumes until asked to stop, and then until what is in hand is settled, or given back when the
  // stop timeout is nearly over. The connections are closed with a handshake. A link that is lost,
  // for whatever reason, is made anew, as often as it takes. The Error is one of the event loop.
  Result<Done> run();

 private:
  Result<Done> begin();
  Result<Done> turn(TimePoint now);
  void lose_link(const Error& error, TimePoint now);

  Result<Done> read_outcome(TimePoint now);
  Result<Done> work_on_link(TimePoint now);
  Result<Done> read_source(TimePoint now);
  Result<Done> handle(const SourceEvent& event, TimePoint now);
  void handle(const std::vector<EventLoop::Signal>& signals);

  Result<Done> consume();
  Result<Done> renew_consumer_if_due();
  Result<Done> steer_intake(TimePoint now);
  IntakeFacts facts(TimePoint now) const;
  IntakeLimits limits() const;
  Result<Done> take_step(const IntakeDecision& decision, TimePoint now);
  Result<Done> give_back(const IntakeDecision& decision, TimePoint now);
  std::string say_why(IntakeDecision::Reason reason) const;
  Result<Done> drain(TimePoint now);
  Result<Done> settle(TimePoint now);

  bool reads_source() const;
  void publish(TimePoint now);
  std::vector<Awaited> awaited() const;
  TimePoint deadline(TimePoint now) const;

  Parts parts_;
  SupervisorPipe supervisor_;
  PrefetchWindow window_;
  Timeouts timeouts_;
  DeadLetterWatch dead_letter_watch_;

  IntakeState state_ = IntakeState::kConsuming;
  std::string hold_reason_;                 // in kReturning and kHolding
  std::size_t settled_before_ = 0;          // verdicts when the link was made
  std::optional<TimePoint> full_since_;     // reading stopped because nothing may be taken
  std::optional<TimePoint> stop_deadline_;  // in kDraining and kSettling
  bool is_paused_;
  bool is_asked_to_stop_ = false;
  bool source_may_have_more_ = false;  // reading ended before the source was empty
};

}  // namespace event_consumer
