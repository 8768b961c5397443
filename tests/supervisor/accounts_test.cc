#include "supervisor/accounts.h"

#include <unistd.h>

#include "tests/support/catch.h"

namespace event_consumer {

namespace {

constexpr Fingerprint kKiller{3, 33};

class Books {
 public:
  Accounts accounts{std::move(*Scoreboard::without_sharing())};

  // What a worker in the row would publish.
  WorkerRecord& record(RowAddress address) {
    record_ = row(address).record.read();
    return record_;
  }
  void publish(RowAddress address) { row(address).record.publish(record_); }
  WorkerRow& row(RowAddress address) { return accounts.board().row(address); }
  SlotView view(int slot) const { return view_slot(accounts.board().slot(slot)); }

  // A process that has taken and stored so much.
  void live(RowAddress address, std::uint64_t received, std::uint64_t inserted) {
    accounts.prepare(address, TimePoint(std::chrono::seconds(1)));
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

TEST_CASE("accounts: a prepared row is that of a process that starts now", "[accounts]") {
  Books books;
  const TimePoint now(std::chrono::seconds(77));
  books.accounts.prepare({2, 1}, now);
  CHECK((books.accounts.heartbeat({2, 1}) == now));
  CHECK((books.accounts.state({2, 1}) == WorkerState::kStarting));
  CHECK(books.accounts.record().slots == 2);
  CHECK(books.accounts.board().supervisor().read().pid == getpid());
  // Nobody has said yet that he is the process.
  CHECK(books.view(2).living_count == 0);
}

TEST_CASE("accounts: what the dead had counted stays, and what it had in hand was returned",
          "[accounts]") {
  Books books;
  books.live({1, 0}, 10, 7);
  CHECK(books.view(1).in_hand == 3);
  CHECK_FALSE(books.accounts.close({1, 0}, /*ended_well=*/false));
  CHECK(books.view(1).living_count == 0);
  CHECK(books.view(1).in_hand == 0);
  CHECK(books.view(1).counters.received == 10);
  CHECK(books.view(1).counters.returned == 3);

  books.live({1, 0}, 5, 5);
  books.live({1, 1}, 2, 1);
  CHECK(books.view(1).living_count == 2);
  CHECK(books.view(1).counters.received == 17);
  CHECK(books.view(1).in_hand == 1);
  books.accounts.close({1, 0}, /*ended_well=*/true);
  CHECK(books.view(1).counters.received == 17);
  CHECK(books.view(1).counters.returned == 3);
  CHECK(books.view(1).living_count == 1);
}

TEST_CASE("accounts: workers that die over one delivery are counted, whichever slot they had",
          "[accounts]") {
  Books books;
  for (const int slot : {1, 2}) {
    books.live({slot, 0}, 1, 0);
    books.row({slot, 0}).note.begin(kKiller);
    const auto deaths = books.accounts.close({slot, 0}, /*ended_well=*/false);
    REQUIRE(deaths);
    CHECK(*deaths == static_cast<std::uint64_t>(slot));
    CHECK_FALSE(books.row({slot, 0}).note.encoding());
  }
  CHECK(books.accounts.board().deaths_over(kKiller, {3, 0}) == 2);
}

TEST_CASE("accounts: a worker that ends well suspects nothing", "[accounts]") {
  Books books;
  books.live({1, 0}, 1, 0);
  books.row({1, 0}).note.begin(kKiller);
  CHECK_FALSE(books.accounts.close({1, 0}, /*ended_well=*/true));
  CHECK(books.accounts.board().deaths_over(kKiller, {2, 0}) == 0);
}

TEST_CASE("accounts: the reason of a death outlives the worker, and its successor", "[accounts]") {
  Books books;
  books.live({1, 0}, 0, 0);
  WorkerRecord& record = books.record({1, 0});
  record.last_error.set("refused");
  record.last_error_at = 5;
  books.publish({1, 0});
  books.accounts.close({1, 0}, /*ended_well=*/false);
  CHECK(books.view(1).last_error.str() == "refused");
  books.accounts.prepare({1, 1}, TimePoint(std::chrono::seconds(2)));
  CHECK(books.row({1, 1}).record.read().last_error.str() == "refused");
  CHECK(books.row({1, 1}).record.read().last_error_at == 5);
}

TEST_CASE("accounts: restarts, deaths by cause and deaths in a row are told", "[accounts]") {
  Books books;
  books.accounts.prepare({1, 0}, TimePoint(std::chrono::seconds(1)));
  books.accounts.count_restart(1);
  books.accounts.count_restart(1);
  books.accounts.count_death(1, DeathCause::kWatchdog, 6);
  books.accounts.publish(TimePoint(std::chrono::seconds(9)));
  CHECK(books.view(1).restarts == 2);
  CHECK(books.view(1).faults_in_a_row == 6);
  const SupervisorRecord told = books.accounts.board().supervisor().read();
  CHECK(told.deaths[static_cast<std::size_t>(DeathCause::kWatchdog)] == 1);
  CHECK(told.heartbeat_at == 9'000'000'000);
}

}  // namespace event_consumer
