#include "supervisor/instance_summary.h"

#include <utility>

#include "supervisor/scoreboard_writer.h"
#include "tests/support/catch.h"

namespace event_consumer {

namespace {

using std::chrono::seconds;

constexpr TimePoint kNow{seconds(1000)};

// A board of so many slots, each with a worker that consumes.
class Board {
 public:
  explicit Board(int workers) {
    writer.record().workers = static_cast<std::uint64_t>(workers);
    for (int slot = 1; slot <= workers; ++slot) {
      writer.prepare({slot, 0}, 0, kNow - seconds(90));
      change({slot, 0}, [&](WorkerRecord& worker) {
        worker.pid = 100 + slot;
        worker.state = WorkerState::kConsuming;
      });
    }
    writer.publish(kNow);
  }

  template <typename Change>
  void change(RowAddress address, const Change& change) {
    WorkerRecord worker = writer.board().row(address).record.read();
    change(worker);
    writer.board().row(address).record.publish(worker);
  }

  InstanceSummary summary() const { return summarise(writer.board()); }
  std::string status() const { return status_line(summary(), 12345, kNow); }
  std::string worker(int slot) const {
    return worker_line(slot, view_slot(writer.board().slot(slot)), kNow);
  }

  ScoreboardWriter writer{std::move(*Scoreboard::without_sharing())};
};

}  // namespace

TEST_CASE("summary: all is well", "[summary]") {
  Board board(2);
  CHECK(board.status() == "2/2 consuming, 12.3k events/s");
  board.change({2, 0}, [](WorkerRecord& worker) {
    worker.last_insert_at = to_monotonic_time(kNow) - 400'000'000;
  });
  CHECK(board.status() == "2/2 consuming, 12.3k events/s, last insert 0.4 s ago");
  CHECK(status_line(board.summary(), 7, kNow).find(" 7 events/s") != std::string::npos);
  CHECK(status_line(board.summary(), 2.5e6, kNow).find(" 2.5M events/s") != std::string::npos);
}

TEST_CASE("summary: an insert that fails is the news", "[summary]") {
  Board board(2);
  board.change({1, 0}, [](WorkerRecord& worker) {
    worker.insert_failing = 1;
    worker.last_error.set("code 60: no such table");
  });
  CHECK(board.status() == "2/2 consuming; worker 1: code 60: no such table");
}

TEST_CASE("summary: a worker that is away gives its reason, also when it is dead", "[summary]") {
  Board board(2);
  board.change({2, 0}, [](WorkerRecord& worker) {
    worker.state = WorkerState::kConnecting;
    worker.last_error.set("refused");
    worker.last_error_at = 1;
  });
  CHECK(board.status() == "1/2 consuming; worker 2: refused");
  board.writer.close({2, 0}, /*ended_well=*/false, kNow);
  CHECK(board.status() == "1/2 consuming; worker 2: refused");
}

TEST_CASE("summary: a worker that is being replaced counts once and is no trouble", "[summary]") {
  Board board(2);
  board.change({1, 0}, [](WorkerRecord& worker) {
    worker.last_error.set("of yesterday");
    worker.last_error_at = 1;
  });
  board.writer.prepare({1, 1}, 0, kNow);
  board.change({1, 1}, [](WorkerRecord& worker) { worker.pid = 900; });
  CHECK(board.status() == "2/2 consuming, 12.3k events/s");
  board.change({1, 1}, [](WorkerRecord& worker) { worker.state = WorkerState::kConsuming; });
  CHECK(board.summary().consuming == 2);
}

TEST_CASE("summary: ClickHouse is what the worker met that has inserted last", "[summary]") {
  Board board(2);
  const auto inserts = [&](int slot, const char* version, Deduplication deduplication, int age) {
    board.change({slot, 0}, [&](WorkerRecord& worker) {
      worker.clickhouse_version.set(version);
      worker.deduplication = deduplication;
      worker.last_insert_at = to_monotonic_time(kNow - seconds(age));
    });
  };
  inserts(1, "26.7", Deduplication::kYes, 1);
  inserts(2, "18.16", Deduplication::kNo, 60);
  CHECK(board.summary().clickhouse_version == "26.7");
  CHECK(board.summary().deduplication == Deduplication::kYes);
  inserts(2, "26.8", Deduplication::kNo, 0);
  CHECK(board.summary().clickhouse_version == "26.8");
  CHECK(board.summary().deduplication == Deduplication::kNo);
}

TEST_CASE("summary: a pause is named", "[summary]") {
  Board board(1);
  board.writer.record().paused = 1;
  board.writer.publish(kNow);
  CHECK(board.status() == "1/1 consuming, paused, 12.3k events/s");
}

TEST_CASE("summary: the balance, kept and broken", "[summary]") {
  Board board(2);
  board.change({1, 0}, [](WorkerRecord& worker) {
    worker.counters.received = 21;
    worker.counters.inserted = 6;
    worker.counters.dead_lettered = {1, 0, 1};
    worker.counters.rejected = 3;
    worker.counters.recognised = 4;
  });
  board.change({2, 0}, [](WorkerRecord& worker) {
    worker.counters.returned = 5;
    worker.in_hand = 1;
  });
  CHECK(balance_line(board.summary()) ==
        "received 21 = inserted 6 + dead-lettered 2 + rejected 3 + recognised 4 + returned 5 + "
        "in hand 1");
  CHECK(balance_holds(board.summary()));
  board.change({2, 0}, [](WorkerRecord& worker) { worker.in_hand = 2; });
  CHECK_FALSE(balance_holds(board.summary()));
}

TEST_CASE("summary: the line of a worker", "[summary]") {
  Board board(2);
  board.change({1, 0}, [](WorkerRecord& worker) {
    worker.state = WorkerState::kHolding;
    worker.state_since = to_monotonic_time(kNow - seconds(3));
    worker.reason.set("paused by an operator");
    worker.in_hand = 8;
    worker.last_error.set("reset");
    worker.last_error_at = to_monotonic_time(kNow - seconds(60));
    worker.counters.received = 12;
    worker.counters.inserted = 4;
  });
  CHECK(board.worker(1) ==
        "worker 1: process 101, holding for 3.0 s (paused by an operator), 8 in hand, last error "
        "60 s ago: reset; received 12, inserted 4, dead-lettered 0, restarts 0");
  board.writer.close({2, 0}, /*ended_well=*/false, kNow);
  board.writer.count_death(2, DeathCause::kExit, 7);
  CHECK(board.worker(2) ==
        "worker 2: no process, 7 deaths in a row; received 0, inserted 0, dead-lettered 0, "
        "restarts 0");
}

}  // namespace event_consumer
