#include "tests/simulation/sim_worker.h"

#include <algorithm>
#include <csignal>
#include <memory>
#include <set>
#include <utility>

#include "tests/fakes/shared_locks.h"

namespace event_consumer::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A loop that waits so often while no time passes turns in a circle.
constexpr std::size_t kMostWaitsAtOnce = 10'000;
// Its heartbeat comes at least so often.
constexpr seconds kLongestSleep{2};
// After its stop timeout the supervisor kills.
constexpr seconds kKillReserve{1};
// It may try to connect so often within half a minute.
constexpr std::size_t kMostConnects = 30;
// So much may wait for the dead-letter queue's confirms (Settlement).
constexpr std::size_t kMostUnconfirmedBytes = 256 * 1024;

}  // namespace

// The ledger's. At each, others may go on before it is asked for, and once it is there. Whoever
// asks twice in one turn hears that somebody has taken it meanwhile: one that is killed before it
// has written anything.
class SimWorker::Locks : public testing::SharedLocks {
 public:
  Locks(std::map<int, int>& owners, SimWorker& worker)
      : SharedLocks(owners, worker.number()), worker_(worker) {}

  bool try_lock(int number) override {
    worker_.look_around();
    if (!SharedLocks::try_lock(number)) return false;
    worker_.look_around();
    return true;
  }
  bool is_held_by_others(int number) const override {
    worker_.look_around();
    if (turn_ != worker_.turn_) free_.clear();
    turn_ = worker_.turn_;
    return SharedLocks::is_held_by_others(number) || !free_.insert(number).second;
  }

 private:
  SimWorker& worker_;
  mutable std::uint64_t turn_ = 0;
  mutable std::set<int> free_;  // as it was said in this turn
};

SimWorker::SimWorker(World& world, Ledger& ledger, SimBroker& broker, SimClickHouse& clickhouse,
                     SimLedger& posts, const WorkerLimits& limits, int number, bool is_paused)
    : clickhouse_(clickhouse),
      posts_(posts),
      limits_(limits),
      book_(limits.timeouts.hold),
      seat_{world,
            ledger,
            broker,
            book_,
            number,
            limits.has_dead_letters,
            limits.timeouts.stop,
            limits.batch.bytes,
            [this] { step(); }},
      is_paused_(is_paused),
      fiber_([this] { live(); }) {
  world.note(number, "starts");
}

// Whatever is left of it ends as if it were killed.
SimWorker::~SimWorker() {
  at_step_ = nullptr;
  steps_to_live_ = 1;
  while (!is_over()) fiber_.resume();
}

void SimWorker::signal(int number) {
  if (number == SIGTERM && !stop_at_) stop_at_ = seat_.world.now();
  const int opposite = number == SIGTSTP ? SIGCONT : number == SIGCONT ? SIGTSTP : 0;
  const auto is_replaced = [&](const Signal& each) {
    return each.number == opposite || each.number == number;
  };
  signals_.erase(std::remove_if(signals_.begin(), signals_.end(), is_replaced), signals_.end());
  signals_.push_back({number, 0});
}

void SimWorker::live() {
  try {
    run();
  } catch (const Killed&) {
    seat_.world.note(seat_.worker, "is killed");
  }
}

// As run_worker() does it.
void SimWorker::run() {
  sleep(milliseconds(20));
  int known = 0;
  auto encoding = clickhouse_.open(known);
  if (!encoding) return seat_.world.note(seat_.worker, "ends: no ClickHouse");
  auto first = connect();
  if (!first) return seat_.world.note(seat_.worker, "ends: no RabbitMQ");
  auto status = std::move(*WorkerStatus::open(CommandLine{}));
  SupervisorRecord supervisor{};
  supervisor.paused = is_paused_ ? 1 : 0;
  supervisor.slots = 1;
  book_.set_paused(is_paused_);
  status.board().supervisor().publish(supervisor);
  BrokerLink link(std::move(*first), [this] { return BrokerLink::Connecting::ended(connect()); });
  SimInserter inserter(seat_, clickhouse_, posts_, known);
  CrashGuard guard(status.board(), status.address());
  const SettlementLimits limits{limits_.batch, limits_.table_check_interval};
  Locks locks(posts_.owners, *this);
  PostLedger ledger(posts_.memory, locks, posts_.free_row(), now());
  Settlement settlement(limits, std::move(*encoding), guard, inserter, ledger);
  const PrefetchWindow window(seat_.broker.kind().prefetch, limits.held_bytes());
  link_ = &link;
  inserter_ = &inserter;
  status_ = &status;
  auto done = WorkerLoop({*this, link, inserter, settlement, status}, SupervisorPipe(UniqueFd(), 0),
                         window, limits_.timeouts)
                  .run();
  // What refuses a worker that has not consumed yet ends it, and the supervisor starts another.
  const bool is_refused = !done.ok() && done.error().kind == ErrorKind::kConfiguration;
  if (is_refused) return seat_.world.note(seat_.worker, "ends: it is refused");
  seat_.world.require(done.ok(), "a loop ends with an error", seat_.worker);
  check();
  seat_.world.note(seat_.worker, "has stopped");
}

Result<BrokerLink::Connections> SimWorker::connect() {
  connects_.push_back(now());
  if (connects_.size() > kMostConnects) connects_.pop_front();
  seat_.world.require(connects_.size() < kMostConnects || now() - connects_.front() > seconds(30),
                      "connects again and again without a pause", seat_.worker);
  sleep(seat_.world.between(milliseconds(1), milliseconds(200)));
  auto channel = seat_.broker.connect(seat_.worker);
  if (!channel) return channel.error();
  seat_.world.note(seat_.worker, "connects");
  BrokerLink::Connections connections{std::make_unique<SimSource>(seat_, *channel), nullptr};
  if (limits_.has_dead_letters) connections.dead_letters = std::make_unique<SimDeadLetters>(seat_);
  return connections;
}

// Blocked in a call that takes its time.
void SimWorker::sleep(Duration duration) {
  awaited_.clear();
  deadline_ = now() + duration;
  while (now() < *deadline_) pause_fiber();
}

void SimWorker::pause_fiber() {
  fiber_.suspend();
  step();
}

void SimWorker::look_around() {
  if (!at_step_ || std::exchange(looks_around_, true)) return;
  at_step_();
  looks_around_ = false;
  if (steps_to_live_ && *steps_to_live_ == 0) throw Killed{};
}

void SimWorker::step() {
  look_around();
  if (steps_to_live_ && (*steps_to_live_ == 0 || --*steps_to_live_ == 0)) throw Killed{};
}

Result<EventLoop::Events> SimWorker::wait(const std::vector<Awaited>& awaited,
                                          std::optional<TimePoint> deadline) {
  awaited_ = awaited;
  deadline_ = deadline;
  check();
  check_wait();
  check_standstill();
  ++turn_;
  pause_fiber();
  show_others();
  for (const Signal& signal : signals_)
    if (signal.number == SIGTERM)
      book_.set_stopping(now());
    else
      book_.set_paused(signal.number == SIGTSTP);
  return Events{std::exchange(signals_, {}), {}};
}

// The other row of its slot stands for all other workers.
void SimWorker::show_others() {
  const MonotonicTime own_run = status_->record().last_run_posted_at;
  if (own_run != 0) seat_.ledger.stored_runs[seat_.worker] = own_run;
  WorkerRecord others{};
  for (const auto& [worker, at] : seat_.ledger.stored_runs)
    if (worker != seat_.worker) others.last_run_posted_at = std::max(others.last_run_posted_at, at);
  for (const auto& [worker, at] : seat_.ledger.stored_posts)
    if (worker != seat_.worker)
      others.last_insert_posted_at = std::max(others.last_insert_posted_at, to_monotonic_time(at));
  status_->board().row({1, 1}).record.publish(others);
}

std::optional<TimePoint> SimWorker::ready_at(int fd) const {
  switch (fd) {
    case kSourceFd:
      return static_cast<const SimSource&>(link_->source()).ready_at();
    case kLettersFd:
      return static_cast<const SimDeadLetters*>(link_->dead_letters())->ready_at();
    case kInserterFd:
      return inserter_->ready_at();
    default:
      return std::nullopt;
  }
}

std::optional<TimePoint> SimWorker::wake_at() const {
  if (is_over()) return std::nullopt;
  std::optional<TimePoint> at = deadline_;
  for (const Awaited& each : awaited_) at = earliest(at, ready_at(each.fd));
  // One that sleeps in a call hears of signals later.
  if (!signals_.empty() && !awaited_.empty()) at = seat_.world.now();
  return std::max(at.value_or(seat_.world.now()), seat_.world.now());
}

void SimWorker::resume() {
  if (stop_at_ && now() > *stop_at_ + limits_.timeouts.stop + kKillReserve) {
    seat_.world.require(false, "a worker does not stop within its time", seat_.worker);
    kill(1);
  }
  // Until the loop runs a signal ends it.
  if (inserter_ == nullptr && stop_at_) kill(1);
  fiber_.resume();
}

// What must hold whenever it waits (and at its end): its own record against what its neighbours
// have written down.
void SimWorker::check() {
  World& world = seat_.world;
  const WorkerRecord record = status_->board().row(status_->address()).record.read();
  const auto require = [&](bool holds, const char* promise, std::uint64_t a, std::uint64_t b) {
    world.require(holds, promise, seat_.worker, a, b);
  };
  require(record.counters.received == book_.received(), "received", record.counters.received,
          book_.received());
  require(record.counters.received == record.counters.settled() + record.in_hand,
          "received = verdicts + in hand", record.counters.received,
          record.counters.settled() + record.in_hand);
  // One that stops leaves to the broker what still comes.
  if (record.state == WorkerState::kDraining) return;
  // What is recognised may wait for its acknowledgement.
  const auto is_stored = [this](EventId event) { return seat_.ledger[event].least_copies() > 0; };
  const std::size_t known = book_.copies_of(is_stored);
  require(record.in_hand <= book_.in_hand() && book_.in_hand() <= record.in_hand + known, "in hand",
          record.in_hand, book_.in_hand());
  const std::size_t most = 4 * limits_.batch.bytes + 2 * limits_.largest_event;
  // What comes while the consumer is being cancelled is counted, and not kept.
  if (record.state == WorkerState::kConsuming)
    require(book_.held_bytes() <= most + book_.bytes_of_copies(is_stored),
            "more bytes held than may be", book_.held_bytes(), most);
  // Of what comes then at its last delivery as much again is taken; as a copy, which has no row yet
  // when its bytes are counted. With the rows it is twice as much.
  const std::size_t last = record.state == WorkerState::kConsuming ? 0 : 9 * limits_.batch.bytes;
  require(record.held_bytes <= most + limits_.batch.bytes + last,
          "more bytes held by its own figure", record.held_bytes, most + limits_.batch.bytes);
  const std::size_t may_hold = 4 * limits_.batch.bytes;
  const bool letters_wait = link_->dead_letters() != nullptr &&
                            link_->dead_letters()->unconfirmed_bytes() >= kMostUnconfirmedBytes;
  const std::size_t held = letters_wait ? may_hold : record.held_bytes;
  book_.set_room(may_hold - std::min(may_hold, held));
  const bool consumes =
      link_->is_up() && static_cast<const SimSource&>(link_->source()).is_consuming();
  world.require(!consumes || !book_.is_paused(), "consumes on in a pause", seat_.worker);
  world.require(!consumes || !book_.are_letters_refused(),
                "consumes on though its dead letters are refused", seat_.worker);
  const DeadLetterSink* letters = link_->dead_letters();
  const std::size_t unconfirmed = letters == nullptr ? 0 : letters->unconfirmed_bytes();
  require(unconfirmed <= kMostUnconfirmedBytes + limits_.largest_event,
          "more bytes wait for confirms than may", unconfirmed, kMostUnconfirmedBytes);
}

void SimWorker::check_standstill() {
  const auto* source = link_->is_up() ? static_cast<const SimSource*>(&link_->source()) : nullptr;
  const WorkerState state = status_->board().row(status_->address()).record.read().state;
  standstill_.check({source, state == WorkerState::kDraining, inserter_->is_under_way(),
                     clickhouse_.has_fault(), seat_.broker.letters().blocks()});
}

void SimWorker::check_wait() {
  World& world = seat_.world;
  world.require(deadline_ && *deadline_ <= now() + kLongestSleep, "sleeps for too long",
                seat_.worker);
  if (std::exchange(waited_at_, now()) != now()) waits_ = 0;
  world.require(++waits_ < kMostWaitsAtOnce, "turns in a circle", seat_.worker);
  if (waits_ >= kMostWaitsAtOnce) throw Killed{};
}

}  // namespace event_consumer::simulation
