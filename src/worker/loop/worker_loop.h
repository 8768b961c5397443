// The loop of a worker: waits for broker, ClickHouse, signals and time, and passes what happened to
// the consumer and the settlement. It makes a lost link anew, as often as it takes.
#pragma once

#include <vector>

#include "common/event_loop.h"
#include "common/result.h"
#include "worker/insert/inserter.h"
#include "worker/loop/broker_link.h"
#include "worker/loop/consumer.h"
#include "worker/loop/dead_letter_watch.h"
#include "worker/loop/queue_watch.h"
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

  WorkerLoop(const Parts& parts, SupervisorPipe supervisor, const PrefetchWindow& window,
             const Consumer::Timeouts& timeouts);

  // Consumes until asked to stop, and then until what is in hand is settled, or given back when the
  // stop timeout is nearly over. The connections are closed with a handshake. A link that is lost,
  // for whatever reason, is made anew, as often as it takes. The Error is one of the event loop, or
  // the broker's refusal (kConfiguration) of a worker that has never consumed.
  Result<Done> run();

 private:
  bool is_refused_at_start(const Error& error) const;
  Result<Done> begin(TimePoint now);
  Result<Done> turn(TimePoint now);
  void lose_link(const Error& error, TimePoint now);

  Result<Done> read_outcome(TimePoint now);
  Result<Done> work_on_link(TimePoint now);
  Result<Done> ask_others(TimePoint now);
  Result<Done> read_source(TimePoint now);
  Result<Done> handle(const SourceEvent& event, TimePoint now);
  void handle(const std::vector<EventLoop::Signal>& signals);

  Activity waits_for() const;
  void spend(Activity activity, Duration duration);
  void publish(TimePoint now);
  std::vector<Awaited> awaited() const;
  TimePoint deadline(TimePoint now) const;

  Parts parts_;
  SupervisorPipe supervisor_;
  Consumer consumer_;
  DeadLetterWatch dead_letter_watch_;
  QueueWatch queue_watch_;

  decltype(WorkerCounters::spent_seconds) spent_seconds_{};
  bool is_paused_;
  bool is_asked_to_stop_ = false;
  bool source_may_have_more_ = false;  // reading ended before the source was empty
};

}  // namespace event_consumer
