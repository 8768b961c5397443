#include "tests/simulation/sim_letter_queue.h"

#include <algorithm>

namespace event_consumer::simulation {

std::shared_ptr<LetterLine> SimLetterQueue::open() {
  lines_.push_back(std::make_shared<LetterLine>());
  return lines_.back();
}

void SimLetterQueue::send(LetterLine& line, EventId event) {
  const TimePoint at = world_.now() + latency();
  line.up.push_back({line.up.empty() ? at : std::max(at, line.up.back().at), event});
}

void SimLetterQueue::cut(std::size_t number) {
  if (lines_.empty()) return;
  world_.note(0, "a line of dead letters is cut");
  lines_[number % lines_.size()]->cut_at = world_.now();
}

void SimLetterQueue::cut_all() {
  for (const auto& line : lines_) {
    line->cut_at = world_.now();
    line->up.clear();
  }
}

std::optional<TimePoint> SimLetterQueue::next_at() const {
  std::optional<TimePoint> next;
  for (const auto& line : lines_)
    if (!line->up.empty() && !blocks_) next = earliest(next, line->up.front().at);
  return next;
}

void SimLetterQueue::work(bool is_up) {
  if (is_up && !blocks_)
    for (const auto& line : lines_) take(*line);
  lines_.erase(
      std::remove_if(lines_.begin(), lines_.end(),
                     [](const auto& line) { return line.use_count() == 1 && line->up.empty(); }),
      lines_.end());
}

void SimLetterQueue::take(LetterLine& line) {
  while (!line.up.empty() && line.up.front().at <= world_.now()) {
    const EventId event = line.up.front().event;
    line.up.pop_front();
    const TimePoint at = world_.now() + latency();
    if (refuses_) {
      line.up.clear();
    } else {
      ++ledger_[event].letters;
      world_.note(0, "in the dead-letter queue", event);
    }
    line.down.push_back({line.down.empty() ? at : std::max(at, line.down.back().at), !refuses_});
  }
}

bool SimLetterQueue::is_empty() const {
  return std::all_of(lines_.begin(), lines_.end(),
                     [](const auto& line) { return line->up.empty(); });
}

}  // namespace event_consumer::simulation
