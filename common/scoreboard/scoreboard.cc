#include "common/scoreboard/scoreboard.h"

#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace event_consumer {

struct Scoreboard::Layout {
  // Says which program made it; the rest has the same shape only then.
  std::array<char, 64> version;
  Published<SupervisorRecord> supervisor;
  Published<DeliveryDeaths> delivery_deaths;
  Published<HistoryRing> history;
  std::array<SlotBoard, kMostWorkers> slots;
};

namespace {

constexpr std::string_view kVersion = "event-consumer " EVENT_CONSUMER_VERSION;

}  // namespace

Result<Scoreboard> Scoreboard::create() {
  auto memory = SharedMemory::create("event-consumer", sizeof(Layout));
  if (!memory) return memory.error();
  Scoreboard board(std::move(*memory));
  static_assert(kVersion.size() < sizeof(Layout::version));
  kVersion.copy(board.layout().version.data(), kVersion.size());
  return board;
}

Result<Scoreboard> Scoreboard::attach(int fd) {
  auto memory = SharedMemory::attach(fd, sizeof(Layout));
  if (memory) {
    Scoreboard board(std::move(*memory));
    const auto& version = board.layout().version;
    if (std::string_view(version.data(), strnlen(version.data(), version.size())) == kVersion)
      return board;
  }
  // No mistake in the options: the next start of the service cures it.
  return Error{ErrorKind::kInternal,
               "this is " + std::string(kVersion) +
                   ", and the supervisor that started it is another version: restart the service "
                   "(a reload is not enough after an upgrade)"};
}

Result<Scoreboard> Scoreboard::without_sharing() {
  auto memory = SharedMemory::without_sharing(sizeof(Layout));
  if (!memory) return memory.error();
  return Scoreboard(std::move(*memory));
}

Scoreboard::Layout& Scoreboard::layout() const { return *static_cast<Layout*>(memory_.data()); }

Published<SupervisorRecord>& Scoreboard::supervisor() const { return layout().supervisor; }

Published<DeliveryDeaths>& Scoreboard::delivery_deaths() const { return layout().delivery_deaths; }

Published<HistoryRing>& Scoreboard::history() const { return layout().history; }

SlotBoard& Scoreboard::slot(int number) const {
  return layout().slots[static_cast<std::size_t>(number - 1)];
}

SlotView view_slot(const SlotBoard& slot) {
  SlotView view{};
  // The rows first: what is reaped meanwhile is then found among the departed.
  const std::array<WorkerRecord, 2> rows = {slot.rows[0].record.read(), slot.rows[1].record.read()};
  const DepartedRecord departed = slot.departed.read();
  view.counters = departed.counters;
  view.restarts = departed.restarts;
  view.faults_in_a_row = departed.faults_in_a_row;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].last_error.empty() && rows[i].last_error_at >= view.last_error_at) {
      view.last_error = rows[i].last_error;
      view.last_error_at = rows[i].last_error_at;
      view.last_error_over_at = rows[i].last_error_over_at;
    }
    // Lives ascend: there may have been others in that row since it was read.
    if (rows[i].pid == 0 || rows[i].life <= departed.lives[i]) continue;
    view.counters.add(rows[i].counters);
    view.in_hand += rows[i].in_hand;
    view.living[view.living_count++] = rows[i];
  }
  if (view.living_count == 2 && view.living[0].life > view.living[1].life)
    std::swap(view.living[0], view.living[1]);
  return view;
}

}  // namespace event_consumer
