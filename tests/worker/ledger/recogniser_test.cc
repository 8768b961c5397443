// What comes back is known again, whoever takes it; and each race in which it could be taken for
// something else.
#include "worker/ledger/recogniser.h"

#include <chrono>
#include <functional>

#include "tests/fakes/shared_ledger.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::LedgerWorker;
using testing::SharedLedger;

constexpr seconds kMoment{1};

struct Rig {
  TimePoint now{std::chrono::hours(1)};
  SharedLedger shared;
  LedgerWorker first{shared, 0, now};
  LedgerWorker second{shared, 2, now};

  void later(Duration time = kMoment) { now += time; }
  // The broker answers a question that a worker asks a moment later.
  void prove(LedgerWorker& worker) {
    later();
    worker.ledger.proven(now, 0, now);
  }
  void lose_link(LedgerWorker& worker) {
    later();
    worker.lose_link(now);
  }
  // The second worker takes a copy, and knows of no link.
  void take_copy(const std::string& body) {
    second.take_copy(body, now);
    CHECK(decide().empty());
  }
  // What the second worker decides about its copies; nothing: it waits.
  std::vector<Recogniser::Decision> decide() {
    later();
    return second.recogniser.decide(now);
  }
  // The only decision.
  std::optional<bool> is_stored() {
    const auto decisions = decide();
    if (decisions.empty()) return std::nullopt;
    REQUIRE(decisions.size() == 1);
    return decisions.front().is_stored;
  }
};

TEST_CASE("recogniser: a copy waits until the other link is lost or proven", "[recogniser]") {
  Rig rig;
  rig.take_copy("a");
  // A question that was asked before the copy was read proves nothing.
  rig.first.ledger.proven(rig.now - 3 * kMoment, 0, rig.now);
  CHECK_FALSE(rig.is_stored().has_value());
  SECTION("proven") {
    rig.prove(rig.first);
    CHECK(rig.is_stored() == false);
  }
  SECTION("lost") {
    rig.lose_link(rig.first);
    CHECK(rig.is_stored() == false);
  }
}

TEST_CASE("recogniser: a copy of what is stored over a lost link is recognised, once",
          "[recogniser]") {
  Rig rig;
  const auto token = rig.first.post({rig.first.take("a", rig.now)}, rig.now);
  rig.first.ledger.stored(token);
  rig.take_copy("a");
  rig.lose_link(rig.first);
  CHECK(rig.is_stored() == true);
  // The entry is ticked off. What the second worker knows of it is of a link that is there.
  rig.take_copy("a");
  rig.prove(rig.first);
  CHECK(rig.is_stored() == false);
}

// The link may be dead at the broker, and deliveries still lie in our socket buffer.
TEST_CASE("recogniser: what is posted over a dead link after its copy came is found",
          "[recogniser]") {
  Rig rig;
  rig.take_copy("a");
  const auto token = rig.first.post({rig.first.take("a", rig.now)}, rig.now);
  CHECK_FALSE(rig.is_stored().has_value());
  rig.lose_link(rig.first);
  CHECK_FALSE(rig.is_stored().has_value());
  rig.first.ledger.stored(token);
  CHECK(rig.is_stored() == true);
}

// Each of its own is known again, too, should this link be lost as well.
TEST_CASE("recogniser: what is recognised is written down though the ring is full",
          "[recogniser]") {
  Rig rig;
  std::vector<DeliveryId> messages;
  for (std::uint64_t i = 0; i < LedgerMemory::kEntries; ++i)
    messages.push_back(rig.second.take(std::to_string(i), rig.now));
  rig.second.ledger.stored(rig.second.post(messages, rig.now));
  const std::string last = std::to_string(LedgerMemory::kEntries - 1);
  for (const std::string& body : {std::string("0"), last}) {
    for (int lost = 0; lost < 3; ++lost) {
      rig.lose_link(rig.second);
      rig.take_copy(body);
      rig.prove(rig.first);
      CHECK(rig.is_stored() == true);
    }
  }
}

TEST_CASE("recogniser: a copy waits for a post whose outcome is not known", "[recogniser]") {
  Rig rig;
  const auto token = rig.first.post({rig.first.take("a", rig.now)}, rig.now);
  rig.lose_link(rig.first);
  rig.take_copy("a");
  rig.prove(rig.first);
  CHECK_FALSE(rig.is_stored().has_value());
  CHECK(rig.second.recogniser.take_adopted().empty());
  SECTION("stored") {
    rig.first.ledger.stored(token);
    CHECK(rig.is_stored() == true);
  }
  SECTION("not stored") {
    rig.first.ledger.not_stored(token);
    rig.decide();
    CHECK(rig.is_stored() == false);
  }
}

TEST_CASE("recogniser: what was given back and is being posted is waited for", "[recogniser]") {
  Rig rig;
  const auto token = rig.first.post({rig.first.take("a", rig.now)}, rig.now);
  rig.first.ledger.given_back(rig.now);
  rig.take_copy("a");
  rig.prove(rig.first);
  CHECK_FALSE(rig.is_stored().has_value());
  rig.first.ledger.stored(token);
  CHECK(rig.is_stored() == true);
}

TEST_CASE("recogniser: the post of a dead worker is taken over, by one", "[recogniser]") {
  Rig rig;
  auto dead = std::make_unique<LedgerWorker>(rig.shared, 4, rig.now);
  const auto token = dead->post({dead->take("a", rig.now), dead->take("b", rig.now)}, rig.now);
  dead.reset();
  rig.first.take_copy("a", rig.now);
  rig.take_copy("b");
  CHECK(rig.first.recogniser.decide(rig.now).empty());
  rig.prove(rig.first);
  rig.prove(rig.second);
  rig.later();
  CHECK(rig.first.recogniser.decide(rig.now).empty());
  CHECK(rig.second.recogniser.decide(rig.now).empty());
  const auto adopted = rig.first.recogniser.take_adopted();
  REQUIRE(adopted.size() == 1);
  CHECK(rig.second.recogniser.take_adopted().empty());
  const Batch& batch = *adopted.front();
  CHECK(batch.token() == token);
  CHECK(batch.bytes() == "rowrow");
  CHECK(batch.rows() == 2);
  CHECK(batch.format().head == "INSERT");
  CHECK(batch.is_orphan());
  CHECK(batch.may_be_stored());
  rig.first.ledger.stored(token);
  rig.later();
  REQUIRE(rig.first.recogniser.decide(rig.now).size() == 1);
  CHECK(rig.is_stored() == true);
}

// All of it between two looks at the clock of the one who takes over.
TEST_CASE("recogniser: the post of a dead worker is taken over in a turn that began before it",
          "[recogniser]") {
  Rig rig;
  rig.first.ledger.link_lost(rig.now);
  const TimePoint turn = rig.now;
  rig.later();
  auto dead = std::make_unique<LedgerWorker>(rig.shared, 4, rig.now);
  const auto token = dead->post({dead->take("a", rig.now)}, rig.now);
  dead.reset();
  rig.second.take_copy("a", turn);
  CHECK(rig.second.recogniser.decide(turn).empty());
  REQUIRE(rig.second.recogniser.take_adopted().size() == 1);
  rig.second.ledger.stored(token);
  CHECK(rig.is_stored() == true);
}

TEST_CASE("recogniser: whoever dies over a post that it has taken over leaves it to the next",
          "[recogniser]") {
  Rig rig;
  auto dead = std::make_unique<LedgerWorker>(rig.shared, 4, rig.now);
  const auto token = dead->post({dead->take("a", rig.now)}, rig.now);
  dead.reset();
  auto next = std::make_unique<LedgerWorker>(rig.shared, 6, rig.now);
  next->take_copy("a", rig.now);
  rig.later();
  next->recogniser.decide(rig.now);
  rig.prove(rig.first);
  rig.prove(rig.second);
  rig.later();
  next->recogniser.decide(rig.now);
  REQUIRE(next->recogniser.take_adopted().size() == 1);
  next.reset();
  rig.take_copy("a");
  rig.prove(rig.first);
  CHECK_FALSE(rig.is_stored().has_value());
  REQUIRE(rig.second.recogniser.take_adopted().size() == 1);
  rig.second.ledger.stored(token);
  CHECK(rig.is_stored() == true);
}

TEST_CASE("recogniser: what is too old to be posted again, or has no types, counts as not stored",
          "[recogniser]") {
  Rig rig;
  const bool is_old = GENERATE(true, false);
  auto dead = std::make_unique<LedgerWorker>(rig.shared, 4, rig.now);
  dead->post({dead->take("a", rig.now)}, rig.now, /*states_types=*/is_old);
  dead.reset();
  rig.later(is_old ? minutes(6) : minutes(1));
  rig.take_copy("a");
  rig.prove(rig.first);
  std::optional<bool> stored;
  for (int i = 0; i < 3 && !stored; ++i) {
    rig.later();
    rig.prove(rig.first);
    stored = rig.is_stored();
  }
  CHECK(stored == false);
  CHECK(rig.second.recogniser.take_adopted().empty());
}

// Something happens once so many questions about rows were answered.
class LocksDuringWhich : public testing::SharedLocks {
 public:
  LocksDuringWhich(SharedLedger& shared, int questions, std::function<void()> happens)
      : SharedLocks(shared.owners, ++shared.workers),
        questions_(questions),
        happens_(std::move(happens)) {}

  bool is_held_by_others(int number) const override {
    const bool is_held = SharedLocks::is_held_by_others(number);
    if (--questions_ == 0) happens_();
    return is_held;
  }
  bool did_happen() const { return questions_ <= 0; }

 private:
  mutable int questions_;
  std::function<void()> happens_;
};

// The next worker takes the row, and has not yet written there.
TEST_CASE("recogniser: a row of the dead that is taken during a look hides nothing",
          "[recogniser]") {
  const TimePoint now{std::chrono::hours(1)};
  bool is_taken = true;
  for (int questions = 1; is_taken; ++questions) {
    CAPTURE(questions);
    SharedLedger shared;
    {
      LedgerWorker dead(shared, 4, now);
      dead.ledger.stored(dead.post({dead.take("a", now)}, now));
    }
    LocksDuringWhich locks(shared, questions, [&] {
      shared.owners.emplace(LedgerLocks::of_row(4), ++shared.workers);
    });
    PostLedger ledger(shared.memory, locks, 2, now);
    Recogniser recogniser(ledger);
    recogniser.link_made(now);
    recogniser.add(DeliveryId{1, 1}, fingerprint_of("a"), now + kMoment);
    const auto decisions = recogniser.decide(now + 2 * kMoment);
    is_taken = locks.did_happen();
    // It waits when the row was taken before it was looked at.
    for (const auto& decision : decisions) CHECK(decision.is_stored);
    CHECK(questions < 9);
  }
}

// As when it is started anew and has links while the other one still looks. The message that it
// posts is equal to the copy, which is stored nowhere.
TEST_CASE("recogniser: what is posted in a row of the dead during a look is no copy's",
          "[recogniser]") {
  const TimePoint now{std::chrono::hours(1)};
  bool is_used = true;
  for (int questions = 1; is_used; ++questions) {
    CAPTURE(questions);
    SharedLedger shared;
    LedgerWorker(shared, 4, now);
    LedgerWorker(shared, 6, now);
    std::unique_ptr<LedgerWorker> next;
    LocksDuringWhich locks(shared, questions, [&] {
      next = std::make_unique<LedgerWorker>(shared, 4, now);
      next->ledger.stored(next->post({next->take("a", now)}, now));
    });
    PostLedger ledger(shared.memory, locks, 2, now);
    Recogniser recogniser(ledger);
    recogniser.link_made(now);
    recogniser.add(DeliveryId{1, 1}, fingerprint_of("a"), now + kMoment);
    const auto decisions = recogniser.decide(now + 2 * kMoment);
    is_used = locks.did_happen();
    for (const auto& decision : decisions) CHECK_FALSE(decision.is_stored);
    CHECK(recogniser.take_adopted().empty());
    CHECK(questions < 9);
  }
}

// The ring is full, and its owner posts: as the one who looks sees it who has read where the oldest
// entry is, and reads it only then.
TEST_CASE("recogniser: an entry that is overwritten during a look hides none behind it",
          "[recogniser]") {
  Rig rig;
  std::vector<DeliveryId> messages;
  for (std::uint64_t i = 0; i < LedgerMemory::kEntries; ++i)
    messages.push_back(rig.first.take(std::to_string(i), rig.now));
  rig.first.ledger.stored(rig.first.post(messages, rig.now));
  rig.lose_link(rig.first);
  LedgerRow& row = rig.shared.memory.row(0);
  const std::uint64_t tail = row.tail;
  const std::uint64_t head = row.head;
  rig.first.post({rig.first.take("new", rig.now)}, rig.now);
  CHECK(row.tail == tail + 1);
  row.tail = tail;
  row.head = head;
  // One that makes it look at the entry of the new one.
  rig.second.take_copy("new", rig.now);
  rig.take_copy("1");
  rig.prove(rig.first);
  std::size_t stored = 0;
  for (const auto& decision : rig.decide()) stored += decision.is_stored ? 1 : 0;
  CHECK(stored == 1);
}

// Nobody has asked it anything for long.
TEST_CASE("recogniser: what an idle worker posts before it dies is found", "[recogniser]") {
  Rig rig;
  auto idle = std::make_unique<LedgerWorker>(rig.shared, 4, rig.now);
  for (int second = 0; second < 3600; ++second) {
    rig.later(seconds(1));
    if (!idle->recogniser.is_proof_due(0, rig.now)) continue;
    idle->recogniser.asked(0, rig.now);
    idle->recogniser.answered(rig.now);
  }
  idle->ledger.stored(idle->post({idle->take("a", rig.now)}, rig.now));
  idle.reset();
  rig.later(minutes(9));
  rig.take_copy("a");
  rig.prove(rig.first);
  CHECK(rig.is_stored() == true);
}

TEST_CASE("recogniser: the entries of a dead worker serve ten minutes", "[recogniser]") {
  Rig rig;
  auto dead = std::make_unique<LedgerWorker>(rig.shared, 4, rig.now);
  dead->ledger.stored(dead->post({dead->take("a", rig.now)}, rig.now));
  dead.reset();
  const bool is_late = GENERATE(true, false);
  rig.later(is_late ? minutes(11) : minutes(9));
  rig.take_copy("a");
  rig.prove(rig.first);
  CHECK(rig.is_stored() == !is_late);
}

TEST_CASE("recogniser: as many equal copies are recognised as were stored", "[recogniser]") {
  Rig rig;
  auto dead = std::make_unique<LedgerWorker>(rig.shared, 4, rig.now);
  // Of two workers: each has seen one.
  dead->ledger.stored(dead->post({dead->take("a", rig.now)}, rig.now));
  dead.reset();
  rig.second.take_copy("a", rig.now);
  rig.take_copy("a");
  rig.prove(rig.first);
  const auto decisions = rig.decide();
  REQUIRE(decisions.size() == 2);
  CHECK(decisions[0].is_stored != decisions[1].is_stored);
}

// Else a message that was not stored could be taken for its twin that was; also where the one that
// is stored had come before: nobody knows which of the two comes again.
TEST_CASE("recogniser: messages that are equal in everything are not known again", "[recogniser]") {
  Rig rig;
  const bool is_copy = GENERATE(false, true);
  const bool is_posted_between = GENERATE(true, false);
  auto dead = std::make_unique<LedgerWorker>(rig.shared, 4, rig.now);
  const DeliveryId one = is_copy ? dead->take_copy("a", rig.now) : dead->take("a", rig.now);
  std::string token;
  if (is_posted_between) token = dead->post({one}, rig.now);
  dead->take("a", rig.now);
  if (!is_posted_between) token = dead->post({one}, rig.now);
  dead->ledger.stored(token);
  dead.reset();
  rig.take_copy("a");
  rig.prove(rig.first);
  CHECK(rig.is_stored() == false);
}

TEST_CASE("recogniser: a worker that is alone decides at once", "[recogniser]") {
  const TimePoint now{std::chrono::hours(1)};
  SharedLedger shared;
  LedgerWorker worker(shared, 0, now);
  worker.ledger.stored(worker.post({worker.take("a", now)}, now));
  worker.lose_link(now);
  worker.take_copy("a", now);
  worker.take_copy("b", now);
  const auto decisions = worker.recogniser.decide(now);
  REQUIRE(decisions.size() == 2);
  CHECK(decisions[0].is_stored);
  CHECK_FALSE(decisions[1].is_stored);
}

// A message that is recognised is stored, too: whoever dies before the acknowledgement counts
// leaves that to the next.
TEST_CASE("recogniser: what was recognised is known again", "[recogniser]") {
  const TimePoint now{std::chrono::hours(1)};
  SharedLedger shared;
  LedgerWorker worker(shared, 0, now);
  worker.ledger.stored(worker.post({worker.take("a", now)}, now));
  for (int i = 0; i < 3; ++i) {
    worker.lose_link(now);
    worker.take_copy("a", now);
    const auto decisions = worker.recogniser.decide(*worker.recogniser.deadline(0));
    REQUIRE(decisions.size() == 1);
    CHECK(decisions.front().is_stored);
  }
}

// Each look goes through all that was posted in ten minutes.
TEST_CASE("recogniser: copies that come in one turn are looked up together", "[recogniser]") {
  const TimePoint now{std::chrono::hours(1)};
  SharedLedger shared;
  LedgerWorker alone(shared, 0, now);
  alone.take_copy("a", now);
  CHECK(alone.recogniser.decide(now).size() == 1);
  for (const char* body : {"b", "c", "d"}) {
    alone.take_copy(body, now);
    CHECK(alone.recogniser.decide(now).empty());
  }
  const TimePoint next = alone.recogniser.deadline(0).value();
  CHECK(next > now);
  CHECK(alone.recogniser.decide(next).size() == 3);
}

}  // namespace
}  // namespace event_consumer
