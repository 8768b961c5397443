#include "tests/simulation/simulation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "common/backoff.h"
#include "tests/simulation/crew.h"
#include "tests/simulation/faults.h"
#include "tests/simulation/ordeals.h"

namespace event_consumer::simulation {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// After the last fault everything has drained within this. The longest backoff is 60 s; a worker
// may have begun it just then, and what it posts next may be refused for a bad row, for no clear
// reason and therefore three times.
constexpr minutes kDrainTime{5};
// And so much more for each event that is refused for no clear reason: with no other one stored
// meanwhile it is looked for at the pace of the backoff, anew when all was given back.
constexpr minutes kSearchTime{1};
// As long as rows are judged there must be good ones to compare them with.
constexpr seconds kWitnessPeriod{5};
// RefusalSearch takes no fewer in a row for witnesses, where there are shards. A worker that takes
// few beside what it has needs four times as long to get them.
constexpr std::size_t kManyWitnesses = 256;
// Fewer than RefusalSearch takes for somebody else's fault; and they must leave room in the window
// for one to compare them with, without which nothing is dead-lettered.
constexpr std::size_t kMostPoisons = 5;
// So many more that fit no column come in ordeals: with the others fewer than the least window for
// what is undecided (16).
constexpr std::size_t kMostMisfits = 6;
// So long is an event of several in its message, without padding.
constexpr std::size_t kRowBytes = 40;

QueueKind draw_queue(World& world) {
  QueueKind kind;
  kind.is_quorum = world.one_in(3);
  if (kind.is_quorum && !world.one_in(3))
    kind.delivery_limit = world.one_in(2) ? kUsualDeliveryLimit : world.number(1, 3);
  if (world.one_in(20)) kind.max_length = world.number(5, 50);
  kind.single_active = world.one_in(10);
  kind.auto_delete = !kind.is_quorum && world.one_in(8);
  if (world.one_in(4)) kind.consumer_timeout = seconds(world.number(90, 600));
  kind.prefetch = world.one_in(3) ? world.number(1, 5) : world.number(5, 200);
  kind.heartbeat = seconds(world.one_in(4) ? 4 : 60);
  return kind;
}

WorkerLimits draw_limits(World& world) {
  WorkerLimits limits;
  limits.batch.rows = world.number(1, 30);
  limits.batch.bytes = world.number(200, 3000);
  limits.batch.delay = milliseconds(world.number(50, 2000));
  limits.table_check_interval = seconds(world.number(5, 120));
  limits.timeouts = {seconds(world.number(5, 30)), seconds(world.number(5, 60))};
  limits.has_dead_letters = !world.one_in(5);
  limits.largest_event = 2 * limits.batch.bytes;
  return limits;
}

// Whether it has shards is drawn elsewhere: the other runs stay what they were. Nobody promises
// that these know a token.
TableKind draw_table(World& world, std::uint64_t seed) {
  TableKind kind;
  kind.deduplicates = !world.one_in(4);
  kind.states_types = !world.one_in(4);
  kind.columns = static_cast<int>(world.number(0, 2));
  const std::size_t shards = DrawnChance(~seed).number(1, 12);
  if (shards == 2 || shards == 3) {
    kind.shards = shards;
    kind.deduplicates = false;
  }
  return kind;
}

class Run {
 public:
  Run(std::uint64_t seed, bool tells)
      : world_(seed, tells),
        broker_(world_, ledger_, draw_queue(world_)),
        clickhouse_(world_, ledger_, draw_table(world_, seed)),
        limits_(draw_limits(world_)),
        crew_(world_, ledger_, broker_, clickhouse_, limits_,
              world_.one_in(2) ? 1 : world_.number(2, 8)),
        faults_(world_, broker_, clickhouse_, crew_),
        ordeals_(world_, broker_, clickhouse_, crew_,
                 [this](EventKind kind) { publish(spare(kind, kMostMisfits)); }) {}

  RunReport go() {
    const bool is_calm = world_.one_in(20);
    const Duration longest = world_.one_in(100) ? Duration(hours(5)) : minutes(8);
    const TimePoint end = world_.now() + world_.between(seconds(10), longest);
    // Without bad events no good one comes for their sake: what an outage has set apart must drain
    // by itself.
    if (is_calm || world_.one_in(3)) most_poisons_ = 0;
    faults_.plan(is_calm ? 0 : world_.number(1, 25), end);
    if (!is_calm) ordeals_.plan(end);
    plan_events(end);
    pass_time(end, [] { return false; });
    drain();
    stop();
    if (!world_.has_failed()) check_events(is_calm);
    report_.failure = world_.failure();
    if (world_.has_failed()) report_.story = world_.story();
    report_.fingerprint = world_.fingerprint();
    report_.events = ledger_.events.size();
    return report_;
  }

 private:
  void plan_events(TimePoint end) {
    for (std::size_t bursts = world_.number(1, 12); bursts > 0; --bursts)
      world_.at(world_.now() + (end - world_.now()) / 1000 * world_.number(0, 1000),
                [this, events = world_.number(1, 25)] {
                  for (std::size_t i = 0; i < events; ++i) publish(draw_kind());
                });
  }

  EventKind draw_kind() {
    const std::size_t dice = world_.number(0, 99);
    if (dice < 4) return EventKind::kUnreadable;
    if (dice < 6) return EventKind::kTooLarge;
    if (dice >= 12) return EventKind::kGood;
    if (dice >= 11) return spare(EventKind::kMisfit);
    constexpr std::array kKinds = {EventKind::kPoison, EventKind::kUnclear, EventKind::kViewPoison};
    return spare(kKinds[world_.number(0, 2)]);
  }

  // Of what has to be judged there are not too many.
  EventKind spare(EventKind kind, std::size_t more_misfits = 0) {
    if (!is_judged(kind)) return kind;
    const bool may_be_more = kind == EventKind::kMisfit && most_poisons_ > 1;
    if (poisons_ >= most_poisons_ + (may_be_more ? more_misfits : 0)) return EventKind::kGood;
    ++poisons_;
    if (kind == EventKind::kMisfit) ++misfits_;
    if (kind == EventKind::kUnclear || kind == EventKind::kViewPoison) ++unclear_;
    return kind;
  }

  void publish(EventKind kind) {
    const std::size_t most = limits_.batch.bytes;
    std::size_t padding = kind == EventKind::kTooLarge ? world_.number(most, 2 * most - 60)
                          : has_large_events_          ? world_.number(most / 3, most / 2)
                          : world_.one_in(3)           ? world_.number(0, most / 2)
                                                       : world_.number(0, 20);
    // What has to be judged must leave room for what it is compared with.
    const std::size_t room = is_judged(kind) ? most / 4 : most;
    const std::size_t rows =
        kind == EventKind::kTooLarge || world_.one_in(2)
            ? 1
            : world_.number(1, std::clamp<std::size_t>(room / kRowBytes, 1, 6));
    if (rows > 1) padding = std::min(padding, room / rows - kRowBytes);
    std::vector<bool> has_option;
    for (std::size_t row = 0; row < rows; ++row) has_option.push_back(world_.one_in(3));
    broker_.publish(ledger_.add(kind, std::min(padding, 2 * most - 60), std::move(has_option),
                                world_.number(0, rows - 1), rows > 1 && world_.one_in(2)));
  }

  static bool is_judged(EventKind kind) { return is_refused(kind) || kind == EventKind::kMisfit; }

  // Until `end`, or until that is so.
  template <typename Until>
  void pass_time(TimePoint end, const Until& until) {
    while (!world_.has_failed() && !until()) {
      const auto next = earliest(earliest(world_.next_timer(), broker_.next_at()), crew_.next_at());
      if (!next || *next > end) return world_.advance(end);
      world_.advance(*next);
      broker_.work();
      crew_.turn();
    }
  }

  void drain() {
    faults_.heal();
    ordeals_.heal();
    const TimePoint healed = world_.now();
    const Duration drain_time =
        poisons_ > 0 && is_sharded() ? 4 * Duration(kDrainTime) : Duration(kDrainTime);
    for (int i = 1; i <= drain_time / kWitnessPeriod * 3 / 4; ++i)
      world_.after(i * kWitnessPeriod, [this] {
        if (is_judging()) publish_witnesses();
      });
    // A window of events that do not fit waits for other columns, or for people.
    world_.after(kDrainTime / 3, [this] {
      if (misfits_ > 0 && is_judging()) crew_.reload();
    });
    pass_time(healed + drain_time + unclear_ * kSearchTime, [&] { return broker_.is_empty(); });
    world_.require(broker_.is_empty(), "not drained: queued, unsettled", 0, broker_.queued(),
                   broker_.unsettled());
    report_.drained_in = world_.now() - healed;
  }

  bool is_sharded() const { return clickhouse_.kind().shards > 1; }

  // One; where it may have gone to another shard, many for each worker, but no faster than they are
  // taken.
  void publish_witnesses() {
    if (is_sharded() && broker_.queued() > kManyWitnesses) return;
    for (std::size_t i = is_sharded() ? kManyWitnesses : 1; i > 0; --i) publish(EventKind::kGood);
  }

  // Whether a row that is bad, or was taken for bad, may be among what is left.
  bool is_judging() const { return (poisons_ > 0 || faults_.slanders()) && !broker_.is_empty(); }

  void stop() {
    crew_.stop();
    pass_time(world_.now() + limits_.timeouts.stop + seconds(10),
              [&] { return crew_.is_empty() && broker_.is_empty(); });
    world_.require(crew_.is_empty(), "workers do not stop");
    world_.require(broker_.is_empty(), "something came back at the stop", 0, broker_.queued(),
                   broker_.unsettled());
  }

  void check_events(bool is_calm) {
    for (EventId id = 0; id < ledger_.events.size(); ++id) {
      const Event& event = ledger_[id];
      if (event.limit_dropped) ++report_.limit_dropped;
      if (event.was_saved) ++report_.limit_saved;
      if (event.length_dropped) ++report_.length_dropped;
      if (event.kind == EventKind::kGood)
        check_good(id, event, is_calm);
      else
        world_.require(event.letters + event.rejected > 0 || event.is_excused(),
                       "a bad event (event, kind) is nowhere", 0, id,
                       static_cast<std::uint64_t>(event.kind));
      check_rows(id, event);
    }
  }

  // A message whose rows need two inserts may be seen in part: after the first, and when the second
  // is refused.
  void check_rows(EventId id, const Event& event) {
    const bool is_in_part = event.least_copies() < event.most_copies();
    if (is_in_part && event.least_copies() == 0) ++report_.in_part;
    if (event.is_mixed() && clickhouse_.had_default()) return;
    world_.require(!is_in_part, "a message is stored in part (event, rows)", 0, id, event.rows());
    if (event.kind != EventKind::kGood && event.kind != EventKind::kViewPoison)
      world_.require(event.most_copies() == 0, "a bad event is stored", 0, id);
  }

  void check_good(EventId id, const Event& event, bool is_calm) {
    const bool is_dead = event.letters + event.rejected > 0;
    world_.require(!is_dead || event.is_wronged || event.was_saved,
                   "a good event was dead-lettered", 0, id);
    if (is_dead && event.is_wronged) ++report_.wronged;
    world_.require(event.least_copies() > 0 || is_dead || event.is_excused(),
                   "a good event is lost", 0, id);
    if (event.most_copies() == 0) return;
    report_.doubled += event.most_copies() - 1;
    // Once, but for when the bytes of then were refused, though they may be stored, and when a
    // batch whose messages are gone is, or is found out on another host. Where no token is known,
    // where types are not compared and columns change, where rows are cut for no fault of theirs,
    // and where a message takes two inserts, each time that it was taken, and each time that nobody
    // was told.
    const TableKind& table = clickhouse_.kind();
    const bool is_cut = event.is_mixed() && clickhouse_.had_default();
    const bool is_once = table.deduplicates && table.states_types && !faults_.slanders() &&
                         !is_cut && !clickhouse_.has_changed_untyped();
    const std::size_t most =
        event.given_up + (is_once ? 1 + std::min(event.unanswered, event.outdated)
                                  : event.handed + event.unanswered);
    // Where it takes two inserts, the first may be stored before the columns change.
    const std::size_t times =
        event.is_mixed() ? static_cast<std::size_t>(clickhouse_.versions()) : 1;
    // It went back to the queue, and the worker that has it was not told: an insert may have both.
    const std::size_t beside = 1 + event.voided;
    world_.require(event.most_copies() <= most * times * beside,
                   "stored more often (event, copies) than explained", 0, id, event.most_copies());
    // With tokens a view doubles a row as often as its batch is cut.
    const std::size_t cuts = static_cast<std::size_t>(std::log2(limits_.batch.rows)) + 2;
    const bool keeps_bytes = table.deduplicates && clickhouse_.versions() == 1;
    world_.require(!keeps_bytes || event.by_view <= event.handed * cuts,
                   "doubled by a view (event, times) more often than its batch was cut", 0, id,
                   event.by_view);
    // Deliveries that wait for as long as a short heartbeat permits are given back.
    const bool may_return = broker_.kind().heartbeat < seconds(10);
    world_.require(!is_calm || may_return || event.handed == 1,
                   "taken twice (event) without any fault", 0, id);
  }

  World world_;
  Ledger ledger_;
  SimBroker broker_;
  SimClickHouse clickhouse_;
  WorkerLimits limits_;
  Crew crew_;
  Faults faults_;
  Ordeals ordeals_;
  std::size_t poisons_ = 0;
  std::size_t misfits_ = 0;  // of these
  std::size_t unclear_ = 0;  // of these
  // A window of a few.
  const bool has_large_events_ = world_.one_in(8);
  std::size_t most_poisons_ =
      std::min(has_large_events_ ? 1 : kMostPoisons, broker_.kind().prefetch - 1);
  RunReport report_;
};

}  // namespace

RunReport simulate(std::uint64_t seed, bool tells) {
  std::mt19937_64 jitter(seed);
  const auto before = set_backoff_seeds([&jitter] { return jitter(); });
  RunReport report = Run(seed, tells).go();
  set_backoff_seeds(before);
  return report;
}

}  // namespace event_consumer::simulation
