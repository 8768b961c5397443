// The loop of a worker: waits for broker, ClickHouse, signals and time, and passes what happened to
// the settlement. It decides when to consume and when to stop; what becomes of a delivery is the
// settlement's business.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "common/backoff.h"
#include "common/clock.h"
#include "common/log_limiter.h"
#include "common/result.h"
#include "common/unique_fd.h"
#include "worker/amqp/amqp_dead_letters.h"
#include "worker/amqp/amqp_source.h"
#include "worker/insert/inserter_thread.h"
#include "worker/loop/worker_status.h"
#include "worker/message/settlement.h"

namespace event_consumer {

// What the loop waits for and works on. Everything must outlive the worker.
struct WorkerParts {
  AmqpSource& source;
  AmqpDeadLetters* dead_letters;  // nullptr: none
  InserterThread& inserter;
  Settlement& settlement;
  WorkerStatus& row;
  // Connects anew, in the place of `source` and `dead_letters`.
  std::function<Result<Done>()> reconnect;
  // Tells `row` of the server that has answered last. Called while the inserter has nothing to do.
  std::function<void()> report_server;
  // signalfd(2) for SIGTERM and SIGINT, which ask for a graceful stop, SIGTSTP, which asks to take
  // nothing more for now, and SIGCONT, which ends that.
  int signal_fd;
};

class WorkerLoop {
 public:
  // `supervisor_fd` gets a byte «c» when the broker has accepted the consumer, or would have if the
  // instance were not paused, and a byte «r» when the worker has taken `max_events` (0: never) and
  // is to be replaced; it may hold nothing.
  WorkerLoop(const WorkerParts& parts, UniqueFd supervisor_fd, std::chrono::seconds stop_timeout,
             std::chrono::seconds hold_timeout, std::uint64_t max_events)
      : parts_(parts),
        supervisor_fd_(std::move(supervisor_fd)),
        stop_timeout_(stop_timeout),
        hold_timeout_(hold_timeout),
        max_events_(max_events),
        reconnect_backoff_(std::chrono::milliseconds(100), std::chrono::seconds(3)),
        dead_letter_backoff_(std::chrono::milliseconds(500), std::chrono::seconds(5)) {}

  // Consumes until asked to stop, and then until what is in hand is settled, or given back when
  // `stop_timeout` is nearly over. The connections are closed with a handshake. A link that is
  // lost, for whatever reason, is made anew, as often as it takes.
  void run();

 private:
  //    too much held, held for too long, paused,
  //    dead letters refused                        cancelled    room again, and not paused
  //  kConsuming ─────────────────▶ kReturning ──────▶ kHolding ──────────▶ kConsuming
  //      any of these ──stop──▶ kDraining ──drained or late──▶ kSettling ──taken──▶ kStopped
  //      any of these ──link lost──▶ kDisconnected ──connected──▶ kConsuming
  //                                        ├──paused──▶ kHolding
  //                                        └──stop──▶ kStopped
  enum class State {
    kConsuming,     // deliveries are taken, as long as the settlement may take them
    kReturning,     // the consumer is being cancelled; what still comes is given back
    kHolding,       // there is no consumer until the settlement has room and the pause is over
    kDisconnected,  // the link is lost; made anew at reconnect_at_
    kDraining,      // stopping: what is in hand is inserted; what still comes is left to the broker
    kSettling,      // stopping: waits for the broker to have taken all acknowledgements
    kStopped,
  };

  // Why nothing is taken, as the status shows it.
  static constexpr char kPaused[] = "paused by an operator";
  static constexpr char kFull[] = "too many bytes wait for ClickHouse or for the dead-letter queue";

  Result<Done> begin();
  Result<Done> turn(TimePoint now);
  Result<Done> pass_on(InserterThread::Outcome outcome, TimePoint now);
  Result<Done> work_on_link(TimePoint now);
  void lose_link(const Error& error, TimePoint now);
  void forget_old_faults(TimePoint now);
  Result<Done> reconnect_if_due(TimePoint now);
  bool is_connected() const { return state_ != State::kDisconnected; }
  Result<Done> read_source(TimePoint now);
  Result<Done> handle(const SourceEvent& event, TimePoint now);
  Result<Done> read_dead_letters(TimePoint now);
  void pause_dead_letters(const Error& error, TimePoint now);
  Result<Done> probe_dead_letters(TimePoint now);
  Result<Done> count_dead_letters(TimePoint now);
  Result<Done> hold_or_resume(TimePoint now);
  Result<Done> return_deliveries(TimePoint now, bool all, const std::string& why);
  Result<Done> begin_stop(TimePoint now);
  Result<Done> advance_stop(TimePoint now);
  bool reads_source() const;
  Duration longest_pause() const;
  void report_ready();
  void send_message(char word);
  void ask_for_recycling_if_due();
  void read_signals();
  void publish(TimePoint now);
  void wait(TimePoint now);
  std::optional<TimePoint> deadline(TimePoint now) const;

  WorkerParts parts_;
  UniqueFd supervisor_fd_;
  std::chrono::seconds stop_timeout_;
  std::chrono::seconds hold_timeout_;
  std::uint64_t max_events_;  // 0: for ever, or recycling has been asked for
  bool has_consumed_ = false;

  State state_ = State::kConsuming;
  std::optional<TimePoint> paused_since_;  // reading stopped because the settlement may not take
  std::optional<TimePoint> stop_deadline_;
  bool source_may_have_more_ = false;  // reading ended before the source was empty
  bool signalled_ = false;
  bool paused_ = false;
  std::string hold_reason_;  // in kReturning and kHolding

  std::optional<TimePoint> reconnect_at_;  // only in kDisconnected
  Backoff reconnect_backoff_;
  std::string last_fault_;  // why connecting failed the last time
  LogLimiter log_limiter_;  // of the links that were lost and those that could not be made
  std::optional<TimePoint> consuming_since_;
  std::uint64_t reconnects_ = 0;

  std::optional<TimePoint> probe_dead_letters_at_;  // only while the dead-letter queue refuses
  Backoff dead_letter_backoff_;
  std::string dead_letter_fault_;  // why it refuses, already in the log
  TimePoint count_dead_letters_at_{};
  bool warned_of_dead_letters_ = false;
};

}  // namespace event_consumer
