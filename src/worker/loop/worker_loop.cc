#include "worker/loop/worker_loop.h"

#include <csignal>
#include <utility>
#include <variant>

#include "common/log.h"

namespace event_consumer {
namespace {

// So many deliveries are handled before the other descriptors get their turn.
constexpr int kDeliveriesPerTurn = 512;

// How long the loop sleeps at most: its heartbeat goes on when nothing happens, and others hear
// whether its link is there.
constexpr std::chrono::seconds kLongestSleep{1};

}  // namespace

WorkerLoop::WorkerLoop(const Parts& parts, SupervisorPipe supervisor, const PrefetchWindow& window,
                       const Consumer::Timeouts& timeouts)
    : parts_(parts),
      supervisor_(std::move(supervisor)),
      consumer_(parts.link, parts.settlement, window, timeouts),
      dead_letter_watch_(parts.settlement, parts.status),
      queue_watch_(parts.status.record().queue),
      // A worker that is started into a pause gets no signal for it.
      is_paused_(parts.status.board().supervisor().read().paused != 0) {}

Result<Done> WorkerLoop::run() {
  const auto now = [this] { return parts_.events.now(); };
  if (auto done = begin(now()); !done) lose_link(done.error(), now());
  for (;;) {
    if (auto done = turn(now()); !done) {
      if (is_refused_at_start(done.error())) return done;
      lose_link(done.error(), now());
    }
    publish(now());
    if (consumer_.is_stopped()) break;
    const TimePoint asleep_at = now();
    const auto events = parts_.events.wait(awaited(), deadline(asleep_at));
    if (!events) return events.error();
    spend(waits_for(), now() - asleep_at);
    handle(events.value().signals);
  }
  parts_.link.close();
  return Done{};
}

// Such as by an exclusive consumer. Whoever waits at a terminal is to hear of it, and the
// supervisor starts the next worker; one that has consumed waits in place.
bool WorkerLoop::is_refused_at_start(const Error& error) const {
  return error.kind == ErrorKind::kConfiguration && !supervisor_.has_consumed();
}

// With each new link.
Result<Done> WorkerLoop::begin(TimePoint now) {
  Source& source = parts_.link.source();
  parts_.settlement.link_made(source, parts_.link.dead_letters(), now);
  WorkerRecord& record = parts_.status.record();
  record.rabbitmq_version.set(source.server_version());
  record.rabbitmq_host.set(source.host());
  record.certificates_until[static_cast<std::size_t>(Peer::kRabbitmq)] =
      source.certificates_until();
  dead_letter_watch_.link_made(source.describe());
  queue_watch_.link_made();
  // One that is paused would consume, as far as it knows.
  if (is_paused_) supervisor_.consumes();
  return consumer_.link_made(is_paused_);
}

// One arm for each source of events.
Result<Done> WorkerLoop::turn(TimePoint now) {
  if (auto done = read_outcome(now); !done) return done;
  if (parts_.link.is_up()) return work_on_link(now);
  if (is_asked_to_stop_) {
    consumer_.stop_without_link();
    return Done{};
  }
  // What others may wait for.
  if (auto done = parts_.settlement.time_passed(now); !done) return done;
  const auto connected = parts_.link.connect_if_due(now);
  if (!connected) return connected.error();
  return connected.value() ? begin(now) : Result<Done>(Done{});
}

Result<Done> WorkerLoop::read_outcome(TimePoint now) {
  auto outcome = parts_.inserter.take_outcome();
  if (!outcome) return Done{};
  if (const auto* insert = std::get_if<InsertOutcome>(&*outcome)) {
    parts_.status.set_clickhouse(insert->server);
    // Before the acknowledgement; and when this loses the link, the outcome is one all the same.
    const bool is_stored = insert->kind == InsertOutcome::Kind::kStored;
    const auto renewed = is_stored ? consumer_.insert_stored(now) : Result<Done>(Done{});
    auto done = parts_.settlement.inserted(*insert, now);
    return renewed ? done : renewed;
  }
  auto& table = std::get<TableOutcome>(*outcome);
  parts_.status.set_clickhouse(table.server);
  return parts_.settlement.table_checked(std::move(table), now);
}

Result<Done> WorkerLoop::work_on_link(TimePoint now) {
  if (auto done = parts_.link.source().send_waiting(); !done) return done;
  if (DeadLetterSink* letters = parts_.link.dead_letters())
    if (auto done = dead_letter_watch_.work(*letters, now); !done) return done;
  const auto read = read_source(now);
  spend(Activity::kEncoding, parts_.events.now() - now);
  if (!read) return read;
  if (auto done = queue_watch_.work(parts_.link.source(), now); !done) return done;
  if (auto done = parts_.settlement.time_passed(now); !done) return done;
  if (auto done = ask_others(now); !done) return done;
  return consumer_.steer({is_asked_to_stop_, is_paused_, dead_letter_watch_.fault()}, now);
}

// Another worker's event is a witness as good as one of ours.
Result<Done> WorkerLoop::ask_others(TimePoint now) {
  if (parts_.settlement.undecided() == 0) return Done{};
  return parts_.settlement.others_stored(parts_.status.stored_by_others(), now);
}

void WorkerLoop::lose_link(const Error& error, TimePoint now) {
  parts_.status.set_last_error(error.message, now);
  if (!parts_.link.is_up()) return;
  const std::size_t in_hand = parts_.settlement.in_flight().in_hand();
  consumer_.link_lost();
  parts_.settlement.link_lost(now);
  parts_.link.lose(error, in_hand, now);
  source_may_have_more_ = false;
}

Result<Done> WorkerLoop::read_source(TimePoint now) {
  source_may_have_more_ = false;
  for (int i = 0; i < kDeliveriesPerTurn; ++i) {
    if (!consumer_.reads()) return Done{};
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
      return consumer_.delivered(event.delivery, now);
    case SourceEvent::Kind::kCancelled:
      return consumer_.cancelled();
    case SourceEvent::Kind::kSettled:
      return parts_.settlement.answered(now) ? consumer_.settled() : Result<Done>(Done{});
    case SourceEvent::Kind::kCounted:
      queue_watch_.counted(event.queue, now);
      break;
  }
  return Done{};
}

void WorkerLoop::handle(const std::vector<EventLoop::Signal>& signals) {
  for (const EventLoop::Signal& signal : signals) {
    if (signal.number == SIGTSTP && !is_paused_)
      log::info("paused: no deliveries are taken until SIGCONT");
    if (signal.number == SIGTSTP || signal.number == SIGCONT)
      is_paused_ = signal.number == SIGTSTP;
    else
      is_asked_to_stop_ = true;
  }
}

// ClickHouse is waited for while it has a batch, or has refused one, and no more may be taken
// before it is stored. Else a delivery could come.
Activity WorkerLoop::waits_for() const {
  const Settlement& settlement = parts_.settlement;
  const bool is_asked = settlement.request_under_way() || settlement.is_failing();
  const bool takes = consumer_.state() == WorkerState::kConsuming && !settlement.window_is_full();
  return is_asked && !takes ? Activity::kWaitingForClickhouse : Activity::kWaitingForRabbitmq;
}

void WorkerLoop::spend(Activity activity, Duration duration) {
  spent_seconds_[static_cast<std::size_t>(activity)] +=
      std::chrono::duration<double>(duration).count();
}

void WorkerLoop::publish(TimePoint now) {
  WorkerStatus& status = parts_.status;
  const WorkerState state = consumer_.state();
  if (parts_.link.is_up() || state == WorkerState::kDraining)
    status.set_state(state, consumer_.reason(), now);
  else
    status.set_state(WorkerState::kConnecting, parts_.link.fault(), now);
  WorkerRecord& record = status.record();
  parts_.settlement.report(record);
  record.counters.spent_seconds = spent_seconds_;
  record.counters.reconnects[static_cast<std::size_t>(Peer::kRabbitmq)] = parts_.link.reconnects();
  if (record.state == WorkerState::kConsuming && record.insert_failing == 0 &&
      !parts_.settlement.wants_more() && parts_.link.fault().empty())
    status.set_error_over(now);
  status.publish(now);
  supervisor_.received(record.counters.received);
}

std::vector<Awaited> WorkerLoop::awaited() const {
  std::vector<Awaited> awaited = {{parts_.inserter.fd()}, {parts_.link.fd()}};
  if (!parts_.link.is_up()) return awaited;
  const Source& source = parts_.link.source();
  if (consumer_.reads() || source.is_sending())
    awaited.push_back({source.fd(), source.is_sending(), consumer_.reads()});
  if (const DeadLetterSink* letters = parts_.link.dead_letters())
    awaited.push_back({letters->fd(), letters->is_sending()});
  return awaited;
}

TimePoint WorkerLoop::deadline(TimePoint now) const {
  if (source_may_have_more_) return now;
  std::optional<TimePoint> next = now + kLongestSleep;
  next = earliest(next, parts_.settlement.deadline());
  if (!parts_.link.is_up()) return *earliest(next, parts_.link.deadline());
  next = earliest(next, now + parts_.link.source().heartbeat_period());
  next = earliest(next, consumer_.deadline());
  next = earliest(next, dead_letter_watch_.deadline());
  return *next;
}

}  // namespace event_consumer
