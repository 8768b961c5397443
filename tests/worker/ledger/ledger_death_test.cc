// A worker may die between any two instructions while it writes into the ledger. It is run one
// instruction at a time here, and each state in which it would leave the ledger is given to the
// worker after it. Under a sanitizer, with many times the instructions, that takes for ever: there
// `.ci/run` leaves [single-step] out.
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/fakes/shared_ledger.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using testing::LedgerWorker;
using testing::SharedLedger;

constexpr int kRow = 0;       // of the worker that dies
constexpr int kOlderRow = 4;  // of one that died before
constexpr int kOtherRow = 2;
constexpr std::array kRows = {kRow, kOlderRow};
constexpr std::size_t kEntries = 4;
constexpr std::size_t kPostBytes = 12;  // INSERT and two rows
constexpr TimePoint kStart{std::chrono::hours(1)};
constexpr std::chrono::seconds kMoment{1};

// What a ledger holds.
struct Snapshot {
  struct Row {
    std::array<char, sizeof(LedgerRow)> page;
    std::array<std::array<char, sizeof(LedgerEntry)>, kEntries> entries;
    std::string bytes;
    bool operator==(const Row& other) const {
      return page == other.page && entries == other.entries && bytes == other.bytes;
    }
  };
  std::array<Row, kRows.size()> rows;
  bool operator==(const Snapshot& other) const { return rows == other.rows; }
};

Snapshot take_snapshot(SharedLedger& shared) {
  Snapshot snapshot;
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    Snapshot::Row& row = snapshot.rows[i];
    std::memcpy(row.page.data(), static_cast<const void*>(&shared.memory.row(kRows[i])),
                row.page.size());
    for (std::size_t entry = 0; entry < kEntries; ++entry)
      std::memcpy(row.entries[entry].data(),
                  static_cast<const void*>(&shared.memory.entry(kRows[i], entry)),
                  sizeof(LedgerEntry));
    row.bytes.resize(kPostBytes);
    if (!shared.memory.read_bytes(kRows[i], 0, row.bytes)) row.bytes.clear();
  }
  return snapshot;
}

std::unique_ptr<SharedLedger> restore(const Snapshot& snapshot) {
  auto shared = std::make_unique<SharedLedger>();
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    const Snapshot::Row& row = snapshot.rows[i];
    REQUIRE(shared->memory.claim(kRows[i]));
    std::memcpy(static_cast<void*>(&shared->memory.row(kRows[i])), row.page.data(),
                row.page.size());
    for (std::size_t entry = 0; entry < kEntries; ++entry)
      std::memcpy(static_cast<void*>(&shared->memory.entry(kRows[i], entry)),
                  row.entries[entry].data(), sizeof(LedgerEntry));
    if (!row.bytes.empty()) REQUIRE(shared->memory.write_bytes(kRows[i], 0, row.bytes, ""));
  }
  return shared;
}

// A process that does this, before its first instruction.
template <typename Action>
pid_t begin(const Action& action) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(1);
    raise(SIGSTOP);
    action();
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFSTOPPED(status));
  return child;
}

// One more instruction. Whether there is another one.
bool step(pid_t child) {
  int status = 0;
  if (ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) != 0) FAIL("no single step");
  if (waitpid(child, &status, 0) != child) FAIL("no child");
  if (WIFSTOPPED(status)) return true;
  REQUIRE(WEXITSTATUS(status) == 0);
  return false;
}

// Each state in which a process that does this would leave the ledger, from before it to after it.
template <typename Action>
std::vector<Snapshot> states_of(SharedLedger& shared, const Action& action) {
  std::vector<Snapshot> states{take_snapshot(shared)};
  const pid_t child = begin(action);
  for (bool goes_on = true; goes_on;) {
    goes_on = step(child);
    Snapshot now = take_snapshot(shared);
    if (!(now == states.back())) states.push_back(std::move(now));
  }
  return states;
}

// What a process that does this leaves, when somebody else does that at its change of the ledger
// with this number. Nothing when it makes fewer.
template <typename Action, typename Other>
std::optional<Snapshot> interrupted(SharedLedger& shared, const Action& action, int change,
                                    const Other& other) {
  Snapshot before = take_snapshot(shared);
  const pid_t child = begin(action);
  bool goes_on = true;
  while (goes_on && change > 0) {
    goes_on = step(child);
    Snapshot now = take_snapshot(shared);
    if (!(now == before)) --change;
    before = std::move(now);
  }
  if (change > 0) return std::nullopt;
  other();
  int status = 0;
  if (goes_on) {
    REQUIRE(ptrace(PTRACE_CONT, child, nullptr, nullptr) == 0);
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
  }
  return take_snapshot(shared);
}

struct Verdict {
  std::vector<bool> are_stored;  // of each copy
  std::size_t adopted = 0;
};

// What the next worker, in this row, makes of copies of both messages. A post that it takes over
// must be the one with this token, whole, and is stored then.
Verdict judge(const Snapshot& snapshot, const std::string& token, int row) {
  const auto shared = restore(snapshot);
  LedgerWorker next(*shared, row, kStart + kMoment);
  TimePoint now = kStart + 2 * kMoment;
  for (const char* body : {"a", "b"}) next.take_copy(body, now);
  Verdict verdict;
  for (int look = 0; look < 10 && verdict.are_stored.size() < 2; ++look) {
    now += kMoment;
    for (const Recogniser::Decision& decision : next.recogniser.decide(now))
      verdict.are_stored.push_back(decision.is_stored);
    for (const BatchPtr& batch : next.recogniser.take_adopted()) {
      ++verdict.adopted;
      CHECK(batch->token() == token);
      CHECK(batch->format().head == "INSERT");
      CHECK(batch->bytes() == "rowrow");
      CHECK(batch->rows() == 2);
      next.ledger.stored(batch->token());
    }
  }
  return verdict;
}

const std::vector<bool> kNone = {false, false};
const std::vector<bool> kBoth = {true, true};

struct Rig {
  SharedLedger shared;
  LedgerWorker worker{shared, kRow, kStart};
  std::vector<DeliveryId> messages{worker.take("a", kStart), worker.take("b", kStart)};
};

TEST_CASE("ledger: a worker that dies while it writes a post down leaves all of it, or none",
          "[ledger][single-step]") {
  const int row = GENERATE(kRow, kOtherRow);
  Rig rig;
  Batch batch;
  for (const DeliveryId id : rig.messages) testing::append(batch, id, "row", 1, kStart);
  batch.seal();
  const auto states =
      states_of(rig.shared, [&] { rig.worker.ledger.post(batch, rig.worker.in_flight, kStart); });
  CHECK(states.size() > 10);
  for (const Snapshot& state : states) {
    const Verdict verdict = judge(state, batch.token(), row);
    CHECK(verdict.adopted <= 1);
    CHECK(verdict.are_stored == (verdict.adopted == 1 ? kBoth : kNone));
  }
  CHECK(judge(states.back(), batch.token(), row).adopted == 1);
}

TEST_CASE("ledger: a worker that dies while it writes down an outcome leaves no other",
          "[ledger][single-step]") {
  const int row = GENERATE(kRow, kOtherRow);
  Rig rig;
  const std::string token = rig.worker.post(rig.messages, kStart);
  const bool is_stored = GENERATE(true, false);
  const auto states = states_of(rig.shared, [&] {
    is_stored ? rig.worker.ledger.stored(token) : rig.worker.ledger.not_stored(token);
  });
  CHECK(states.size() > 1);
  for (const Snapshot& state : states) {
    const Verdict verdict = judge(state, token, row);
    CHECK(verdict.adopted <= 1);
    CHECK(verdict.are_stored == (is_stored || verdict.adopted == 1 ? kBoth : kNone));
  }
  CHECK(judge(states.back(), token, row).adopted == 0);
}

TEST_CASE("ledger: a worker that dies over a copy that it recognises leaves it to be recognised",
          "[ledger][single-step]") {
  const int row = GENERATE(kRow, kOtherRow);
  SharedLedger shared;
  {
    LedgerWorker older(shared, kOlderRow, kStart);
    const std::string token =
        older.post({older.take("a", kStart), older.take("b", kStart)}, kStart);
    older.ledger.stored(token);
  }
  LedgerWorker worker(shared, kRow, kStart);
  worker.take_copy("a", kStart);
  worker.take_copy("b", kStart);
  const auto states = states_of(shared, [&] { worker.recogniser.decide(kStart + kMoment); });
  CHECK(states.size() > 5);
  for (const Snapshot& state : states) {
    const Verdict verdict = judge(state, "", row);
    CHECK(verdict.adopted == 0);
    CHECK(verdict.are_stored == kBoth);
  }
}

// Two copies that are equal, of which one is stored. Else the other one would be lost with the
// death of who has it.
TEST_CASE("ledger: whoever is not the first to recognise a copy has not written it down",
          "[ledger][single-step]") {
  bool is_interrupted = true;
  for (int change = 0; is_interrupted; ++change) {
    CAPTURE(change);
    SharedLedger shared;
    {
      LedgerWorker older(shared, kOlderRow, kStart);
      older.ledger.stored(older.post({older.take("a", kStart)}, kStart));
    }
    LedgerWorker worker(shared, kRow, kStart);
    worker.take_copy("a", kStart);
    LedgerEntry& entry = shared.memory.entry(kOlderRow, 0);
    PostNumber post = entry.post;
    bool is_first = false;
    const auto left = interrupted(
        shared, [&] { worker.recogniser.decide(kStart + kMoment); }, change,
        [&] { is_first = entry.post.compare_exchange_strong(post, 0); });
    is_interrupted = left.has_value();
    if (!is_interrupted) continue;
    const Verdict verdict = judge(*left, "", kOtherRow);
    CHECK((verdict.are_stored == std::vector<bool>{!is_first, false}));
    CHECK(change < 20);
  }
}

// Others look meanwhile: what the dead one has stored is known, or waited for.
TEST_CASE("ledger: a worker that takes a row of the dead hides nothing of what is stored",
          "[ledger][single-step]") {
  const bool had_link = GENERATE(true, false);
  SharedLedger shared;
  {
    LedgerWorker dead(shared, kRow, kStart);
    dead.ledger.stored(dead.post({dead.take("a", kStart), dead.take("b", kStart)}, kStart));
    if (!had_link) dead.ledger.link_lost(kStart);
  }
  const auto states = states_of(shared, [&] { LedgerWorker(shared, kRow, kStart + kMoment); });
  CHECK(states.size() > 2);
  for (const Snapshot& state : states) {
    const auto now = restore(state);
    now->owners[LedgerLocks::of_row(kRow)] = ++now->workers;
    LedgerWorker other(*now, kOtherRow, kStart);
    for (const char* body : {"a", "b"}) other.take_copy(body, kStart + kMoment / 2);
    for (const auto& decision : other.recogniser.decide(kStart + 2 * kMoment))
      CHECK(decision.is_stored);
  }
}

}  // namespace
}  // namespace event_consumer
