#include "tests/simulation/crew.h"

#include <algorithm>
#include <csignal>
#include <utility>

namespace event_consumer::simulation {

Crew::Crew(World& world, Ledger& ledger, SimBroker& broker, SimClickHouse& clickhouse,
           const WorkerLimits& limits, std::size_t size)
    : world_(world),
      ledger_(ledger),
      broker_(broker),
      clickhouse_(clickhouse),
      limits_(limits),
      size_(size) {
  start_missing();
}

// Those that are asked to stop count no more: their successors may start before they have ended.
std::size_t Crew::serving() const {
  return static_cast<std::size_t>(std::count_if(
      workers_.begin(), workers_.end(), [](const auto& worker) { return !worker->is_stopping(); }));
}

void Crew::start_missing() {
  for (; serving() + starting_ < size_; ++starting_)
    world_.after(world_.between(std::chrono::milliseconds(10), std::chrono::seconds(3)), [this] {
      --starting_;
      if (serving() >= size_) return;
      workers_.push_back(std::make_unique<SimWorker>(world_, ledger_, broker_, clickhouse_, posts_,
                                                     limits_, ++started_, is_paused_));
    });
}

SimWorker* Crew::any() {
  return workers_.empty() ? nullptr : workers_[world_.number(0, workers_.size() - 1)].get();
}

void Crew::stop_one() {
  SimWorker* worker = any();
  if (worker == nullptr) return;
  world_.note(worker->number(), "is asked to stop");
  worker->signal(SIGTERM);
}

void Crew::kill_one() {
  if (SimWorker* worker = any()) worker->kill(world_.number(1, 30));
}

void Crew::pause(bool paused) {
  world_.note(0, paused ? "pause" : "the pause is over");
  is_paused_ = paused;
  for (const auto& worker : workers_) worker->signal(paused ? SIGTSTP : SIGCONT);
}

void Crew::scale(std::size_t size) {
  world_.note(0, "workers wanted", size);
  size_ = size;
  std::size_t surplus = workers_.size() > size ? workers_.size() - size : 0;
  for (const auto& worker : workers_)
    if (surplus > 0 && surplus-- > 0) worker->signal(SIGTERM);
}

void Crew::reload() {
  world_.note(0, "reload");
  for (const auto& worker : workers_) worker->signal(SIGTERM);
}

std::optional<TimePoint> Crew::next_at() const {
  std::optional<TimePoint> next;
  for (const auto& worker : workers_) next = earliest(next, worker->wake_at());
  return next;
}

void Crew::turn() {
  const std::size_t first = workers_.empty() ? 0 : world_.number(0, workers_.size() - 1);
  for (std::size_t i = 0; i < workers_.size() && !world_.has_failed(); ++i) {
    SimWorker& worker = *workers_[(first + i) % workers_.size()];
    if (const auto at = worker.wake_at(); at && *at <= world_.now()) worker.resume();
  }
  workers_.erase(std::remove_if(workers_.begin(), workers_.end(),
                                [](const auto& worker) { return worker->is_over(); }),
                 workers_.end());
  start_missing();
}

}  // namespace event_consumer::simulation
