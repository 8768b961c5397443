#include "worker/ledger/post_ledger.h"

#include <chrono>
#include <memory>

#include "tests/fakes/shared_ledger.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::LedgerWorker;
using testing::SharedLedger;

struct Rig {
  TimePoint now{std::chrono::hours(1)};
  SharedLedger shared;
  LedgerWorker worker{shared, 0, now};

  std::uint64_t entries() const {
    const LedgerRow& row = shared.memory.row(0);
    return row.head - row.tail;
  }
  // One message, posted and stored.
  void store(const std::string& body) {
    worker.ledger.stored(worker.post({worker.take(body, now)}, now));
  }
};

TEST_CASE("post ledger: an entry stays for a while after the broker has the acknowledgement",
          "[post_ledger]") {
  Rig rig;
  rig.store("a");
  rig.store("b");
  CHECK(rig.entries() == 2);
  rig.now += minutes(20);
  rig.worker.ledger.proven(rig.now, 1, rig.now);
  CHECK(rig.entries() == 2);
  rig.now += seconds(5);
  rig.worker.ledger.proven(rig.now, 1, rig.now);
  CHECK(rig.entries() == 1);
}

// Its link can be gone, which is seen late; and others wait for that before they look.
TEST_CASE("post ledger: an entry stays until the broker is there when it forgets no more",
          "[post_ledger]") {
  Rig rig;
  rig.store("a");
  const TimePoint answered = rig.now;
  rig.worker.ledger.proven(answered, 1, answered);
  CHECK_FALSE(rig.worker.ledger.proof_wanted_at(answered + seconds(4)).has_value());
  rig.now += minutes(1);
  CHECK(rig.worker.ledger.proof_wanted_at(rig.now) == answered + seconds(5));
  rig.store("b");
  CHECK(rig.entries() == 2);
  rig.worker.ledger.proven(answered + seconds(4), 1, rig.now);
  CHECK(rig.entries() == 2);
  rig.worker.ledger.proven(answered + seconds(5), 1, rig.now);
  CHECK(rig.entries() == 1);
  CHECK_FALSE(rig.worker.ledger.proof_wanted_at(rig.now + minutes(1)).has_value());
}

TEST_CASE("post ledger: the entries of a lost link stay for ten minutes", "[post_ledger]") {
  Rig rig;
  rig.store("a");
  rig.worker.lose_link(rig.now);
  rig.now += minutes(9);
  rig.worker.ledger.proven(rig.now, 100, rig.now);
  rig.now += seconds(5);
  rig.worker.ledger.proven(rig.now, 100, rig.now);
  CHECK(rig.entries() == 1);
  rig.now += minutes(1);
  rig.worker.ledger.proven(rig.now, 100, rig.now);
  CHECK(rig.entries() == 0);
}

TEST_CASE("post ledger: the oldest entries make room, but not those of a post under way",
          "[post_ledger]") {
  Rig rig;
  const auto fill = [&](const char* body) {
    std::vector<DeliveryId> messages;
    for (std::uint64_t i = 0; i < LedgerMemory::kEntries / 2; ++i)
      messages.push_back(rig.worker.take(body + std::to_string(i), rig.now));
    return rig.worker.post(messages, rig.now);
  };
  rig.worker.ledger.stored(fill("a"));
  const auto token = fill("b");
  CHECK(rig.entries() == LedgerMemory::kEntries);
  rig.store("c");
  CHECK(rig.entries() == LedgerMemory::kEntries);
  rig.worker.ledger.stored(fill("d"));
  CHECK(rig.worker.ledger.has(token));
  const std::string no_room = fill("e");
  CHECK_FALSE(rig.worker.ledger.has(no_room));
}

TEST_CASE("post ledger: more posts than it has records are posted all the same", "[post_ledger]") {
  Rig rig;
  std::vector<std::string> tokens;
  for (int i = 0; i <= LedgerRow::kRecords; ++i)
    tokens.push_back(rig.worker.post({rig.worker.take(std::to_string(i), rig.now)}, rig.now));
  CHECK(rig.worker.ledger.has(tokens.front()));
  CHECK_FALSE(rig.worker.ledger.has(tokens.back()));
  rig.worker.ledger.not_stored(tokens.front());
  CHECK(rig.worker.ledger.has(rig.worker.post({rig.worker.take("again", rig.now)}, rig.now)));
}

TEST_CASE("post ledger: a row belongs to one process, and to the next once it is gone",
          "[post_ledger]") {
  Rig rig;
  auto first = std::make_unique<LedgerWorker>(rig.shared, 2, rig.now);
  LedgerWorker next(rig.shared, 2, rig.now);
  CHECK_FALSE(next.ledger.has(next.post({next.take("a", rig.now)}, rig.now)));
  first.reset();
  CHECK(next.ledger.has(next.post({next.take("b", rig.now)}, rig.now)));
}

// The broker may have dropped the link since it was made: others wait until it is proven anew.
TEST_CASE("post ledger: a link that was made before there was a row is proven for that time",
          "[post_ledger]") {
  Rig rig;
  auto first = std::make_unique<LedgerWorker>(rig.shared, 2, rig.now);
  LedgerWorker next(rig.shared, 2, rig.now);
  first.reset();
  const std::uint64_t made_at = to_ledger_time(rig.now);
  rig.now += seconds(3);
  next.post({next.take("a", rig.now)}, rig.now);
  CHECK(rig.shared.memory.row(2).proven_at == made_at);
}

TEST_CASE("post ledger: what was left by a dead worker and never came back is given up",
          "[post_ledger]") {
  Rig rig;
  {
    LedgerWorker dead(rig.shared, 2, rig.now);
    for (int i = 0; i < LedgerRow::kRecords; ++i)
      dead.post({dead.take(std::to_string(i), rig.now)}, rig.now);
  }
  LedgerWorker next(rig.shared, 2, rig.now);
  CHECK_FALSE(next.ledger.has(next.post({next.take("a", rig.now)}, rig.now)));
  rig.now += minutes(11);
  CHECK(next.ledger.has(next.post({next.take("b", rig.now)}, rig.now)));
}

// Also when its entries are the oldest of a full ring, and there is a free record before its own.
TEST_CASE("post ledger: what never came back keeps nobody from writing for longer",
          "[post_ledger]") {
  Rig rig;
  {
    LedgerWorker dead(rig.shared, 2, rig.now);
    const std::string first = dead.post({dead.take("a", rig.now)}, rig.now);
    dead.post({dead.take("b", rig.now)}, rig.now);
    if (GENERATE(true, false)) dead.ledger.stored(first);
  }
  LedgerWorker next(rig.shared, 2, rig.now);
  std::vector<DeliveryId> messages;
  for (std::uint64_t i = 0; i < LedgerMemory::kEntries - 2; ++i)
    messages.push_back(next.take(std::to_string(i), rig.now));
  next.ledger.stored(next.post(messages, rig.now));
  const auto post = [&](const char* body) {
    std::vector<DeliveryId> both = {next.take(body, rig.now),
                                    next.take(body + std::string("2"), rig.now)};
    return next.ledger.has(next.post(both, rig.now));
  };
  CHECK_FALSE(post("c"));
  rig.now += minutes(11);
  CHECK(post("d"));
}

}  // namespace
}  // namespace event_consumer
