#include "common/scoreboard/scoreboard.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "tests/support/catch.h"

namespace event_consumer {

namespace {

constexpr Fingerprint kOne{1, 11};
constexpr Fingerprint kOther{2, 22};
constexpr TimePoint kNow{std::chrono::hours(5)};

WorkerRecord record(std::int64_t pid, std::uint64_t life, std::uint64_t received,
                    std::uint64_t in_hand) {
  WorkerRecord worker{};
  worker.pid = pid;
  worker.life = life;
  worker.in_hand = in_hand;
  worker.counters.received = received;
  return worker;
}

}  // namespace

TEST_CASE("what one process publishes on the scoreboard the other reads") {
  auto made = Scoreboard::create();
  REQUIRE(made);
  auto attached = Scoreboard::attach(dup(made->fd()));
  REQUIRE(attached);
  attached->row({256, 1}).record.publish(record(7, 1, 3, 0));
  CHECK(made->slot(256).rows[1].record.read().pid == 7);
}

TEST_CASE("a scoreboard of another version is refused in words that help") {
  auto made = Scoreboard::create();
  REQUIRE(made);
  struct stat status;
  REQUIRE(fstat(made->fd(), &status) == 0);
  auto memory = SharedMemory::attach(dup(made->fd()), static_cast<std::size_t>(status.st_size));
  REQUIRE(memory);
  std::strcpy(static_cast<char*>(memory->data()), "event-consumer 0.0.0");
  const auto attached = Scoreboard::attach(dup(made->fd()));
  REQUIRE_FALSE(attached);
  CHECK(attached.error().kind == ErrorKind::kInternal);
  CHECK(attached.error().message.find("restart the service") != std::string::npos);
}

TEST_CASE("memory that is no scoreboard is refused") {
  auto memory = SharedMemory::create("small", 100);
  REQUIRE(memory);
  CHECK_FALSE(Scoreboard::attach(dup(memory->fd())));
}

TEST_CASE("a slot's view counts the living and the departed, each once") {
  auto board = Scoreboard::without_sharing();
  REQUIRE(board);
  SlotBoard& slot = board->slot(1);
  CHECK(view_slot(slot).living_count == 0);

  slot.rows[0].record.publish(record(10, 1, 100, 5));
  slot.rows[1].record.publish(record(11, 2, 30, 7));
  SlotView view = view_slot(slot);
  CHECK(view.living_count == 2);
  CHECK(view.living[1].pid == 11);
  CHECK(view.counters.received == 130);
  CHECK(view.in_hand == 12);

  DepartedRecord departed{};
  departed.counters.received = 100;
  departed.counters.returned = 5;
  departed.lives[0] = 1;
  slot.departed.publish(departed);
  view = view_slot(slot);
  CHECK(view.living_count == 1);
  CHECK(view.living[0].pid == 11);
  CHECK(view.counters.received == 130);
  CHECK(view.counters.returned == 5);
  CHECK(view.in_hand == 7);

  slot.rows[0].record.publish(record(12, 3, 1, 0));
  view = view_slot(slot);
  CHECK(view.living[0].pid == 11);
  CHECK(view.living[1].pid == 12);
  CHECK(view.counters.received == 131);
}

TEST_CASE("a slot's view counts no life twice when the row has had another since") {
  auto board = Scoreboard::without_sharing();
  REQUIRE(board);
  SlotBoard& slot = board->slot(1);
  // Who reads was stopped between the rows and the departed, while two processes came and went.
  slot.rows[0].record.publish(record(10, 1, 100, 5));
  DepartedRecord departed{};
  departed.counters.received = 103;
  departed.lives[0] = 3;
  slot.departed.publish(departed);
  const SlotView view = view_slot(slot);
  CHECK(view.living_count == 0);
  CHECK(view.counters.received == 103);
  CHECK(view.in_hand == 0);
}

TEST_CASE("deaths are counted for each delivery by itself") {
  DeliveryDeaths deaths{};
  CHECK(deaths.count(kOne, kNow) == 1);
  CHECK(deaths.count(kOne, kNow) == 2);
  CHECK(deaths.count(kOther, kNow) == 1);
  CHECK(deaths.of(kOne) == 2);
  CHECK(deaths.of(kOther) == 1);
}

TEST_CASE("the oldest delivery is forgotten when there are too many") {
  DeliveryDeaths deaths{};
  for (std::uint64_t i = 0; i <= deaths.latest.size(); ++i) deaths.count({i, i}, kNow);
  CHECK(deaths.of({0, 0}) == 0);
  CHECK(deaths.of({1, 1}) == 1);
}

}  // namespace event_consumer
