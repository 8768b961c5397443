// WorkerStatus: a worker's place on the scoreboard. The worker fills in the record as it likes, and
// publishes it as a whole.
#pragma once

#include <string_view>

#include "common/clock.h"
#include "common/command_line.h"
#include "common/result.h"
#include "common/scoreboard/scoreboard.h"
#include "worker/insert/insert_stage.h"

namespace event_consumer {

class WorkerStatus {
 public:
  // The row that the supervisor has named; for a worker started by hand, one that nobody sees. The
  // Error is Scoreboard::attach's.
  static Result<WorkerStatus> open(const CommandLine& command_line);

  const Scoreboard& board() const { return board_; }
  RowAddress address() const { return address_; }

  WorkerRecord& record() { return record_; }

  // The state, and why it is in it; since when is kept.
  void set_state(WorkerState state, std::string_view reason, TimePoint now);
  void set_last_error(std::string_view message, TimePoint now);
  // What other workers with the same options have stored in the host of ClickHouse that is in use
  // here. Of what was posted before, nobody can tell what the table was like.
  StoredByOthers stored_by_others() const;
  // Events move: the last error is over, unless it is already.
  void set_error_over(TimePoint now);
  // The ClickHouse that was asked last.
  void set_clickhouse(const ServerReport& server);

  // Keeps the error that ends this process. False when it is one of a crash loop, and the one
  // before it has ended for the same.
  bool note_end(std::string_view message, TimePoint now);

  // Also the heartbeat: a worker that does not publish for long is taken for dead.
  void publish(TimePoint now);

 private:
  WorkerStatus(Scoreboard board, RowAddress address);

  Scoreboard board_;
  RowAddress address_;
  WorkerRecord record_;
};

}  // namespace event_consumer
