#include "tests/simulation/small_world.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "common/backoff.h"
#include "tests/simulation/sim_worker.h"

namespace event_consumer::simulation {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using Price = Choices::Price;

// What can take its time takes the shortest possible, or one of these: beyond all that goes on at
// once; beyond all that is waited for, but the broker's word for an acknowledgement; and beyond
// that and the time for which the ledger remembers.
constexpr std::array<Duration, 3> kDelays = {milliseconds(8), milliseconds(900), seconds(7)};
// Then something may still happen to what is acknowledged.
constexpr milliseconds kRest{1500};
constexpr seconds kLongest{120};
constexpr milliseconds kConsumingAt{200};
constexpr minutes kIdle{12};

WorkerLimits limits(const SmallWorld& kind) {
  WorkerLimits limits;
  limits.batch = {kind.batch_rows, 1000, milliseconds(20)};
  limits.table_check_interval = hours(1);
  limits.timeouts = {minutes(10), seconds(20)};
  limits.has_dead_letters = false;
  limits.largest_event = 2000;
  return limits;
}

QueueKind queue() {
  QueueKind kind;
  kind.prefetch = 3;
  return kind;
}

class SmallChance : public Chance {
 public:
  SmallChance(Choices& choices, const bool& is_open) : choices_(choices), is_open_(is_open) {}

  // A coin, or the largest.
  std::size_t number(std::size_t lowest, std::size_t highest) override {
    if (highest - lowest != 1 || !is_open_) return highest;
    return highest - choices_.choose(2, Price::kDelay);
  }
  // No two at the same time: of what takes the shortest, the first comes first.
  Duration between(Duration shortest, Duration) override {
    return std::max(shortest, delay()) + nanoseconds(++draws_);
  }
  // The workers are alike: the first event goes to the first of them.
  std::size_t turn(std::size_t of) override {
    const bool is_first = !std::exchange(has_begun_, is_open_);
    return is_open_ && !is_first ? choices_.choose(of, Price::kNothing) : 0;
  }

  Duration delay() {
    const std::size_t option = is_open_ ? choices_.choose(1 + kDelays.size(), Price::kDelay) : 0;
    return option == 0 ? Duration{} : kDelays[option - 1];
  }

 private:
  Choices& choices_;
  const bool& is_open_;
  bool has_begun_ = false;
  int draws_ = 0;
};

class SmallRun {
 public:
  SmallRun(const SmallWorld& kind, Choices& choices, bool tells)
      : choices_(choices),
        chance_(new SmallChance(choices, is_open_)),
        world_(std::unique_ptr<Chance>(chance_), tells),
        broker_(world_, ledger_, queue()),
        clickhouse_(world_, ledger_, TableKind{}),
        limits_(limits(kind)),
        begins_at_(world_.now() + (kind.was_idle ? Duration(kIdle) : kConsumingAt)) {
    clickhouse_.before_posts([this] { strike_post(); });
    for (std::size_t i = 0; i < 3; ++i) {
      if (i == 2 && kind.has_twins)
        ledger_.add_twin(0);
      else
        ledger_.add(EventKind::kGood, 0, {false}, 0, false);
    }
  }
  ~SmallRun() { is_open_ = false; }

  SmallReport go() {
    start();
    start();
    pass_time([this] { return world_.now() >= begins_at_; });
    is_open_ = true;
    for (EventId event = 0; event < 3; ++event)
      world_.after(chance_->delay() + nanoseconds(event + 1), [this, event] {
        ++published_;
        broker_.publish(event);
      });
    pass_time([this] { return is_over(); });
    is_open_ = false;
    world_.require(broker_.is_empty(), "not drained: queued, unsettled", 0, broker_.queued(),
                   broker_.unsettled());
    if (!world_.has_failed()) check_events();
    report_.failure = world_.failure();
    if (world_.has_failed()) report_.story = world_.story();
    return report_;
  }

 private:
  void start() {
    workers_.push_back(std::make_unique<SimWorker>(world_, ledger_, broker_, clickhouse_, posts_,
                                                   limits_, ++workers_made_, false));
    SimWorker* worker = workers_.back().get();
    worker->at_each_step([this, worker] { step(*worker); });
  }

  template <typename Until>
  void pass_time(const Until& until) {
    while (!world_.has_failed() && !until()) {
      auto next = earliest(world_.next_timer(), broker_.next_at());
      for (const auto& worker : workers_) next = earliest(next, worker->wake_at());
      world_.advance(*next);
      if (const auto at = broker_.next_at(); at && *at <= world_.now()) {
        strike_broker();
        broker_.work();
      }
      turn();
    }
  }

  void turn() {
    for (std::size_t i = 0; i < workers_.size() && !world_.has_failed(); ++i) {
      const auto at = workers_[i]->wake_at();
      if (at && *at <= world_.now()) workers_[i]->resume();
      if (std::exchange(all_die_, false)) kill_all();
    }
    for (auto at = workers_.begin(); at != workers_.end();) {
      if (!(*at)->is_over()) {
        ++at;
        continue;
      }
      at = workers_.erase(at);
      world_.after(world_.between(milliseconds(10), seconds(3)), [this] { start(); });
    }
  }

  void kill_all() {
    for (const auto& worker : workers_) {
      if (worker->is_over()) continue;
      worker->kill(0);
      worker->resume();
    }
  }

  bool is_over() {
    if (world_.now() >= begins_at_ + kLongest) return true;
    if (published_ < 3 || !broker_.is_empty()) return empty_since_.reset(), false;
    if (!empty_since_) empty_since_ = world_.now();
    return world_.now() >= *empty_since_ + kRest;
  }

  std::size_t strike(std::size_t kinds) {
    if (!is_open_) return 0;
    const std::size_t kind = choices_.choose(1 + kinds, Price::kFault);
    if (kind > 0) report_.was_struck = true;
    return kind;
  }

  // At each step of a worker at which it has said or heard something, or anybody has written into
  // the ledger: it is killed, or all are, or its link is lost, which it sees before the broker
  // does.
  void step(SimWorker& worker) {
    if (!is_open_ || !has_acted(worker)) return;
    switch (strike(3)) {
      case 0:
        break;
      case 1:
        return worker.kill(0);
      case 2:
        all_die_ = true;
        return worker.kill(0);
      case 3:
        return broker_.reset_worker(worker.number());
    }
    const Duration delay = chance_->delay();
    if (delay > Duration{}) {
      world_.note(worker.number(), "stands still");
      worker.stand_still(delay);
    }
  }

  // Else it is as if it had come to that at the step before.
  bool has_acted(const SimWorker& worker) {
    const std::pair<std::uint64_t, std::uint64_t> now(worker.acts(), posts_.digest());
    return std::exchange(seen_[worker.number()], now) != now;
  }

  // Before each thing that the broker does: it gives a link up, which the worker sees a little
  // later, or later; or it restarts, and knows its latest acknowledgements or not.
  void strike_broker() {
    constexpr std::size_t kCuts = kDelays.size();
    const std::size_t which = strike(2 * kCuts + 2);
    if (which == 0) return;
    if (which > 2 * kCuts) return broker_.restart(milliseconds(50), which == 2 * kCuts + 1);
    const std::size_t worker = (which - 1) / kCuts;
    if (worker < workers_.size())
      broker_.cut_worker(workers_[worker]->number(), kDelays[(which - 1) % kCuts]);
  }

  // The answer to this post is lost, before the rows are stored or after.
  void strike_post() {
    clickhouse_.set_fault(std::nullopt);
    const std::size_t which = strike(2);
    if (which == 0) return;
    SimClickHouse::Fault fault{SimClickHouse::Fault::Kind::kLosesAnswers};
    fault.stores = which == 2;
    clickhouse_.set_fault(fault);
  }

  void check_events() {
    for (EventId id = 0; id < 3; ++id) {
      if (ledger_.known_as(id) != id) continue;
      const Event& event = ledger_[id];
      const std::size_t equal = ledger_.equal_to(id);
      world_.require(event.least_copies() + ledger_.may_be_missing(id) >= equal,
                     "an event is lost (event, copies)", 0, id, event.least_copies());
      world_.require(event.most_copies() <= 1 || equal > 1, "an event is doubled (event, copies)",
                     0, id, event.most_copies());
      report_.is_doubled = report_.is_doubled || event.most_copies() > equal;
    }
  }

  Choices& choices_;
  bool is_open_ = false;  // whether anything but the default can be chosen
  SmallChance* chance_;   // the world's
  World world_;
  Ledger ledger_;
  SimBroker broker_;
  SimClickHouse clickhouse_;
  WorkerLimits limits_;
  TimePoint begins_at_;
  SimLedger posts_;
  std::vector<std::unique_ptr<SimWorker>> workers_;
  int workers_made_ = 0;
  bool all_die_ = false;
  std::size_t published_ = 0;
  std::map<int, std::pair<std::uint64_t, std::uint64_t>> seen_;  // by worker, at its latest step
  std::optional<TimePoint> empty_since_;
  SmallReport report_;
};

}  // namespace

SmallReport run(const SmallWorld& kind, Choices& choices, bool tells) {
  const auto before = set_backoff_seeds([] { return 1; });
  SmallReport report = SmallRun(kind, choices, tells).go();
  set_backoff_seeds(before);
  return report;
}

}  // namespace event_consumer::simulation
