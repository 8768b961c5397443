#include "worker/insert/orphans.h"

#include <memory>

#include "tests/fakes/batches.h"
#include "tests/fakes/private_ledger.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using testing::delivery;
using testing::insert_format;
using Kind = InsertOutcome::Kind;

struct Rig {
  // A batch of one message, whose post is written down or not.
  BatchPtr batch(bool is_written_down = true, bool states_types = true) {
    auto batch = std::make_unique<Batch>();
    ++last_tag;
    const DeliveryId id = *in_flight.add(delivery(last_tag), now, {last_tag, last_tag});
    testing::append(*batch, id, "row", 1, now, insert_format("INSERT", states_types));
    batch->seal();
    if (is_written_down) ledger_of_one.ledger.post(*batch, in_flight, now);
    return batch;
  }
  void add(BatchPtr batch) {
    std::vector<BatchPtr> batches;
    batches.push_back(std::move(batch));
    orphans.add(std::move(batches));
  }
  bool answer(Kind kind, ErrorClass error_class = ErrorClass::kTransient) {
    return orphans.answered(orphans.take_front(), {kind, 1, "no", error_class}, stats);
  }
  bool has(const std::string& token) const { return ledger_of_one.ledger.has(token); }
  std::uint64_t doubled_rows() {
    WorkerRecord record{};
    stats.report(record);
    return record.counters.possibly_doubled_rows;
  }

  TimePoint now{std::chrono::hours(1)};
  testing::PrivateLedger ledger_of_one{now};
  InFlight in_flight;
  DeliveryTag last_tag = 0;
  InsertStats stats;
  Orphans orphans{ledger_of_one.ledger};
};

TEST_CASE("orphans: only what is written down is kept", "[orphans]") {
  Rig rig;
  rig.add(rig.batch(/*is_written_down=*/false));
  CHECK(rig.orphans.empty());
  rig.add(rig.batch());
  REQUIRE_FALSE(rig.orphans.empty());
  CHECK(rig.orphans.front().is_orphan());
  CHECK(rig.orphans.held_bytes() == 3);
}

TEST_CASE("orphans: one that may be stored stays the first until that is known", "[orphans]") {
  Rig rig;
  rig.add(rig.batch());
  rig.add(rig.batch());
  const std::string token = rig.orphans.front().token();
  CHECK(rig.answer(Kind::kUnknown, ErrorClass::kConfiguration));
  CHECK(rig.answer(Kind::kRefused, ErrorClass::kTransient));
  CHECK(rig.orphans.front().token() == token);
  CHECK(rig.has(token));
  rig.ledger_of_one.ledger.stored(token);
  CHECK_FALSE(rig.answer(Kind::kStored));
  CHECK(rig.orphans.front().token() != token);
  CHECK(rig.doubled_rows() == 0);
}

TEST_CASE("orphans: one that is refused for good is given up, and may double", "[orphans]") {
  Rig rig;
  rig.add(rig.batch());
  const std::string token = rig.orphans.front().token();
  const auto error_class = GENERATE(ErrorClass::kConfiguration, ErrorClass::kData);
  CHECK_FALSE(rig.answer(Kind::kRefused, error_class));
  CHECK(rig.orphans.empty());
  CHECK_FALSE(rig.has(token));
  CHECK(rig.doubled_rows() == 1);
}

TEST_CASE("orphans: other columns leave those whose types the server compares", "[orphans]") {
  Rig rig;
  rig.add(rig.batch(/*is_written_down=*/true, /*states_types=*/false));
  rig.add(rig.batch());
  rig.orphans.columns_changed(rig.stats);
  REQUIRE_FALSE(rig.orphans.empty());
  CHECK(rig.orphans.front().format().states_types);
  CHECK(rig.doubled_rows() == 1);
}

}  // namespace
}  // namespace event_consumer
