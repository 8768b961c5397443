#include "supervisor/scoreboard_writer.h"

#include <unistd.h>

#include "tests/support/catch.h"

namespace event_consumer {

namespace {

constexpr Fingerprint kKiller{3, 33};
constexpr TimePoint kNow{std::chrono::hours(5)};

class Board {
 public:
  ScoreboardWriter writer{std::move(*Scoreboard::without_sharing())};

  // What a worker in the row would publish.
  WorkerRecord& record(RowAddress address) {
    record_ = row(address).record.read();
    return record_;
  }
  void publish(RowAddress address) { row(address).record.publish(record_); }
  WorkerRow& row(RowAddress address) { return writer.board().row(address); }
  std::uint64_t deaths_over_killer() { return writer.board().delivery_deaths().read().of(kKiller); }
  SlotView view(int slot) const { return view_slot(writer.board().slot(slot)); }

  // A process that has taken and stored so much.
  void live(RowAddress address, std::uint64_t received, std::uint64_t inserted) {
    writer.prepare(address, 0, TimePoint(std::chrono::seconds(1)));
    record(address).pid = 4711;
    record_.counters.received = received;
    record_.counters.inserted = inserted;
    record_.in_hand = received - inserted;
    publish(address);
  }

 private:
  WorkerRecord record_{};
};

}  // namespace

TEST_CASE("writer: a prepared row is that of a process that starts now", "[writer]") {
  Board board;
  const TimePoint now(std::chrono::seconds(77));
  board.writer.prepare({2, 1}, 0, now);
  CHECK((board.writer.heartbeat({2, 1}) == now));
  CHECK((board.writer.board().row({2, 1}).record.read().state == WorkerState::kStarting));
  CHECK(board.writer.record().slots == 2);
  CHECK(board.writer.board().supervisor().read().pid == getpid());
  // Nobody has said yet that he is the process.
  CHECK(board.view(2).living_count == 0);
}

TEST_CASE("writer: what the dead had counted stays, and what it had in hand was returned",
          "[writer]") {
  Board board;
  board.live({1, 0}, 10, 7);
  CHECK(board.view(1).in_hand == 3);
  CHECK_FALSE(board.writer.close({1, 0}, /*ended_well=*/false, kNow));
  CHECK(board.view(1).living_count == 0);
  CHECK(board.view(1).in_hand == 0);
  CHECK(board.view(1).counters.received == 10);
  CHECK(board.view(1).counters.returned == 3);

  board.live({1, 0}, 5, 5);
  board.live({1, 1}, 2, 1);
  CHECK(board.view(1).living_count == 2);
  CHECK(board.view(1).counters.received == 17);
  CHECK(board.view(1).in_hand == 1);
  board.writer.close({1, 0}, /*ended_well=*/true, kNow);
  CHECK(board.view(1).counters.received == 17);
  CHECK(board.view(1).counters.returned == 3);
  CHECK(board.view(1).living_count == 1);
}

TEST_CASE("writer: workers that die over one delivery are counted, whichever slot they had",
          "[writer]") {
  Board board;
  for (const int slot : {1, 2}) {
    board.live({slot, 0}, 1, 0);
    board.row({slot, 0}).encoding.begin(kKiller);
    const auto deaths = board.writer.close({slot, 0}, /*ended_well=*/false, kNow);
    REQUIRE(deaths);
    CHECK(*deaths == static_cast<std::uint64_t>(slot));
    CHECK_FALSE(board.row({slot, 0}).encoding.fingerprint());
  }
  CHECK(board.deaths_over_killer() == 2);
}

TEST_CASE("writer: a worker that ends well blames no delivery", "[writer]") {
  Board board;
  board.live({1, 0}, 1, 0);
  board.row({1, 0}).encoding.begin(kKiller);
  CHECK_FALSE(board.writer.close({1, 0}, /*ended_well=*/true, kNow));
  CHECK(board.deaths_over_killer() == 0);
}

TEST_CASE("writer: an hour after the last death over a delivery none is counted to it",
          "[writer]") {
  Board board;
  const auto die_at = [&](TimePoint time) {
    board.live({1, 0}, 1, 0);
    board.row({1, 0}).encoding.begin(kKiller);
    return board.writer.close({1, 0}, /*ended_well=*/false, time);
  };
  die_at(kNow);
  const TimePoint later = kNow + std::chrono::minutes(59);
  CHECK(die_at(later) == 2);
  board.writer.publish(later + std::chrono::minutes(59));
  CHECK(board.deaths_over_killer() == 2);
  board.writer.publish(later + std::chrono::minutes(60));
  CHECK(board.deaths_over_killer() == 0);
  CHECK(die_at(later + std::chrono::minutes(61)) == 1);
}

TEST_CASE("writer: the reason of a death outlives the worker, and its successor", "[writer]") {
  Board board;
  board.live({1, 0}, 0, 0);
  WorkerRecord& record = board.record({1, 0});
  record.last_error.set("refused");
  record.last_error_at = 5;
  board.publish({1, 0});
  board.writer.close({1, 0}, /*ended_well=*/false, kNow);
  CHECK(board.view(1).last_error.str() == "refused");
  board.writer.prepare({1, 1}, 0, TimePoint(std::chrono::seconds(2)));
  CHECK(board.row({1, 1}).record.read().last_error.str() == "refused");
  CHECK(board.row({1, 1}).record.read().last_error_at == 5);
}

TEST_CASE("writer: restarts, deaths by cause and deaths in a row are told", "[writer]") {
  Board board;
  board.writer.prepare({1, 0}, 0, TimePoint(std::chrono::seconds(1)));
  board.writer.count_restart(1);
  board.writer.count_restart(1);
  board.writer.count_death(1, DeathCause::kWatchdog, 6);
  board.writer.publish(TimePoint(std::chrono::seconds(9)));
  CHECK(board.view(1).restarts == 2);
  CHECK(board.view(1).faults_in_a_row == 6);
  const SupervisorRecord told = board.writer.board().supervisor().read();
  CHECK(told.deaths[static_cast<std::size_t>(DeathCause::kWatchdog)] == 1);
  CHECK(told.heartbeat_at == 9'000'000'000);
}

}  // namespace event_consumer
