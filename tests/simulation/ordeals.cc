#include "tests/simulation/ordeals.h"

#include <array>
#include <utility>

namespace event_consumer::simulation {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

void Ordeals::plan(TimePoint end) {
  const bool drops_soon =
      broker_.kind().delivery_limit.value_or(kUsualDeliveryLimit) < kUsualDeliveryLimit;
  // Of other runs two of seven have one.
  for (std::size_t ordeals = drops_soon ? world_.number(1, 4) : world_.number(0, 6) / 5;
       ordeals > 0; --ordeals)
    world_.at(world_.now() + (end - world_.now()) / 1000 * world_.number(0, 1000),
              [this, drops_soon] {
                if (is_over_) return;
                if (drops_soon && !world_.one_in(4))
                  try_last_deliveries();
                else
                  try_stop();
              });
}

void Ordeals::then(Duration delay, std::function<void()> action) {
  world_.after(delay, [this, action = std::move(action)] {
    if (!is_over_) action();
  });
}

// Workers start, and see the table.
void Ordeals::refuse_inserts(Duration duration) {
  using Kind = SimClickHouse::Fault::Kind;
  SimClickHouse::Fault fault;
  fault.kind = world_.one_in(3) ? Kind::kLosesAnswers : Kind::kRefuses;
  fault.error_class = world_.one_in(2) ? ErrorClass::kTransient : ErrorClass::kConfiguration;
  fault.answers_questions = true;
  world_.note(0, "no insert is answered well: kind, class", static_cast<std::uint64_t>(fault.kind),
              static_cast<std::uint64_t>(fault.error_class));
  clickhouse_.set_fault(fault);
  then(duration, [this] { clickhouse_.set_fault(std::nullopt); });
}

void Ordeals::publish_mixed(std::size_t one_good_in) {
  constexpr std::array kKinds = {EventKind::kMisfit, EventKind::kMisfit, EventKind::kPoison,
                                 EventKind::kUnclear, EventKind::kUnreadable};
  for (std::size_t events = world_.number(1, 4); events > 0; --events)
    publish_(world_.one_in(one_good_in) ? EventKind::kGood
                                        : kKinds[world_.number(0, kKinds.size() - 1)]);
}

// New workers have stored nothing yet. What is returned with their links is delivered for the last
// time soon, but not what is published later.
void Ordeals::try_last_deliveries() {
  world_.note(0, "an ordeal: last deliveries");
  const Duration duration = world_.between(seconds(30), minutes(4));
  refuse_inserts(duration);
  if (crew_.size() == 1 && !world_.one_in(4)) crew_.scale(world_.number(2, 3));
  crew_.reload();
  Duration at = seconds(4);
  const std::size_t returns = *broker_.kind().delivery_limit + world_.number(0, 1);
  for (std::size_t i = 0; i < returns; ++i) {
    for (std::size_t misfits = world_.number(i == 0, 2); misfits > 0; --misfits)
      then(at, [this] { publish_(EventKind::kMisfit); });
    for (std::size_t goods = world_.number(i == 0, 2); goods > 0; --goods)
      then(at + milliseconds(world_.number(0, 20)), [this] { publish_(EventKind::kGood); });
    at += world_.between(milliseconds(300), seconds(8));
    then(at, [this] {
      if (world_.one_in(6)) return crew_.kill_one();
      broker_.reset(world_.number(0, 1000));
    });
  }
  // Beside what a worker without a lost link holds until it is too late.
  if (world_.one_in(2)) then(at + shortly(), [this] { publish_(EventKind::kMisfit); });
  if (!world_.one_in(3)) return;
  then(at, [this] { broker_.letters().block(true); });
  world_.after(at + world_.between(seconds(1), minutes(1)),
               [this] { broker_.letters().block(false); });
}

// New workers have no witness against what they get.
void Ordeals::try_stop() {
  world_.note(0, "an ordeal: a stop");
  crew_.reload();
  Duration at = seconds(4) + shortly();
  then(at, [this] { publish_mixed(/*one_good_in=*/8); });
  at += shortly();
  if (world_.one_in(2))
    then(at, [this] { refuse_inserts(world_.between(seconds(1), minutes(2))); });
  if (world_.one_in(2)) {
    const bool blocks = world_.one_in(3);
    then(at, [this, blocks] {
      world_.note(0, "the dead-letter queue takes nothing: is blocked", blocks);
      blocks ? broker_.letters().block(true) : broker_.letters().refuse(true);
    });
    world_.after(at + world_.between(seconds(1), minutes(1)), [this] {
      broker_.letters().block(false);
      broker_.letters().refuse(false);
    });
  }
  at += milliseconds(world_.number(0, 500));
  then(at, [this] { publish_mixed(/*one_good_in=*/2); });
  at += world_.one_in(2) ? shortly() : milliseconds(world_.number(0, 20));
  // More comes while the consumers go.
  then(at + milliseconds(world_.number(0, 6)), [this] { publish_mixed(/*one_good_in=*/2); });
  then(at, [this] { world_.one_in(3) ? crew_.stop_one() : crew_.reload(); });
}

}  // namespace event_consumer::simulation
