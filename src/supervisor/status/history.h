// History: the last quarter of an hour of an instance, for /history. It samples the sums of all
// workers, which outlive them, into a ring in the scoreboard, which outlives the status server.
#pragma once

#include <optional>
#include <string>

#include "common/clock.h"
#include "common/scoreboard/scoreboard.h"

namespace event_consumer {

class History {
 public:
  // Goes on with the samples that are in `board`, which must outlive it; the only one that does.
  explicit History(const Scoreboard& board);

  // Takes a sample when one is due.
  void act(TimePoint now);
  // When the next one is; nothing: at once.
  std::optional<TimePoint> deadline() const { return ring_.due_at(); }

  // JSON: an array for each value, with an element for each sample, the oldest first, and the
  // reasons that dead letters had.
  std::string json(TimePoint now) const;

 private:
  const Scoreboard& board_;
  HistoryRing ring_;
};

}  // namespace event_consumer
