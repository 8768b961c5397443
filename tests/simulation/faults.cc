#include "tests/simulation/faults.h"

namespace event_consumer::simulation {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

}  // namespace

void Faults::plan(std::size_t count, TimePoint end) {
  TimePoint center = world_.now();
  for (std::size_t i = 0; i < count; ++i) {
    if (i == 0 || world_.one_in(3))
      center = world_.now() + (end - world_.now()) / 1000 * world_.number(0, 1000);
    world_.at(center + world_.between(milliseconds(1), seconds(20)), [this] { strike(); });
  }
}

void Faults::heal() {
  world_.note(0, "every fault is healed");
  is_over_ = true;
  broker_.heal();
  clickhouse_.set_fault(std::nullopt);
  clickhouse_.set_refusing(std::nullopt);
  clickhouse_.misname_columns(false);
  crew_.pause(false);
}

void Faults::strike() {
  if (is_over_) return;
  switch (world_.number(0, 9)) {
    case 0:
    case 1:
    case 2:
      return strike_link();
    case 3:
    case 4:
      return strike_broker();
    case 5:
    case 6:
    case 7:
      return strike_clickhouse();
    default:
      return command();
  }
}

void Faults::strike_link() {
  using Request = Channel::Request::Kind;
  const std::size_t which = world_.number(0, 1000);
  switch (world_.number(0, 5)) {
    case 0:
      return broker_.cut(which, world_.between(milliseconds(1), seconds(20)));
    case 1:
      return broker_.reset(which);
    case 2:
      return broker_.stall(which, world_.between(milliseconds(10), minutes(3)));
    case 3:
      return broker_.break_at(world_.one_in(2) ? Request::kCancel
                                               : static_cast<Request>(world_.number(0, 8)));
    default:
      return broker_.letters().cut(which);
  }
}

void Faults::strike_broker() {
  const Duration duration = world_.between(milliseconds(100), minutes(2));
  switch (world_.number(0, 12)) {
    case 0:
      world_.note(0, "the broker cuts new links");
      return broker_.cut_new_links(duration);
    case 1:
    case 2:
      return broker_.restart(duration, /*is_killed=*/true);
    case 3:
      return broker_.restart(duration, /*is_killed=*/false);
    case 4:  // as with a password file that is wrong for a while
      return broker_.refuse_connections(duration);
    case 5:
      return broker_.delete_queue(duration);
    case 6:
      return broker_.change_leader();
    case 7:
    case 8:
      world_.note(0, "publishers are blocked");
      broker_.letters().block(true);
      return world_.after(duration, [this] { broker_.letters().block(false); });
    default:
      world_.note(0, "the dead-letter queue refuses");
      broker_.letters().refuse(true);
      return world_.after(duration, [this] { broker_.letters().refuse(false); });
  }
}

void Faults::strike_clickhouse() {
  using Kind = SimClickHouse::Fault::Kind;
  if (clickhouse_.kind().shards > 1 && world_.one_in(3)) return strike_shard();
  if (world_.one_in(5)) return clickhouse_.change_columns();
  if (world_.one_in(15)) return clickhouse_.change_host();
  if (world_.one_in(10)) {
    clickhouse_.misname_columns(true);
    return world_.after(world_.between(milliseconds(100), minutes(4)),
                        [this] { clickhouse_.misname_columns(false); });
  }
  SimClickHouse::Fault fault;
  fault.kind = static_cast<Kind>(world_.number(0, 5));
  fault.one_in = world_.one_in(2) ? 1 : world_.number(2, 4);
  fault.answers_questions = world_.one_in(2);
  const std::size_t dice = world_.number(0, 9);
  fault.error_class = dice < 3   ? ErrorClass::kTransient
                      : dice < 5 ? ErrorClass::kConfiguration
                      : dice < 9 ? ErrorClass::kUnclear
                                 : ErrorClass::kData;
  if (fault.kind == Kind::kRefuses && fault.error_class == ErrorClass::kData) slanders_ = true;
  const Duration duration =
      world_.between(milliseconds(100), world_.one_in(30) ? Duration(hours(3)) : minutes(4));
  world_.note(0, "ClickHouse fails: kind, class", static_cast<std::uint64_t>(fault.kind),
              static_cast<std::uint64_t>(fault.error_class));
  clickhouse_.set_fault(fault);
  // Whoever dies between two posts leaves rows in the table.
  if (fault.kind == Kind::kViewFails && world_.one_in(2))
    for (std::size_t deaths = world_.number(1, 3); deaths > 0; --deaths)
      world_.after(world_.between(milliseconds(100), duration), [this] {
        if (!is_over_) crew_.kill_one();
      });
  world_.after(duration, [this, turn = ++turns_] {
    if (turn == turns_ && !is_over_) clickhouse_.set_fault(std::nullopt);
  });
}

void Faults::strike_shard() {
  clickhouse_.set_refusing(world_.number(0, clickhouse_.kind().shards - 1));
  world_.after(world_.between(milliseconds(100), minutes(4)), [this] {
    if (!is_over_) clickhouse_.set_refusing(std::nullopt);
  });
}

void Faults::command() {
  switch (world_.number(0, 6)) {
    case 0:
      crew_.pause(true);
      return world_.after(world_.between(milliseconds(10), minutes(2)), [this] {
        if (!is_over_) crew_.pause(false);
      });
    case 1:
      return crew_.stop_one();
    case 2:
      return crew_.scale(world_.number(1, 8));
    case 3:
      return crew_.reload();
    default:
      return crew_.kill_one();
  }
}

}  // namespace event_consumer::simulation
