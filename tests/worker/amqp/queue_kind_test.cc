// What the delivery limit of a queue means beside --delivery-limit. tests/integration asks brokers.
#include "worker/amqp/queue_kind.h"

#include "common/text.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

constexpr char kOld[] = "3.10.8";  // no limit by default
constexpr char kNew[] = "4.0.5";   // 20

DeliveryLimit given(std::optional<std::uint64_t> limit) { return {/*is_auto=*/false, limit}; }

QueueKind quorum(std::optional<std::int64_t> limit) { return {"quorum", limit}; }

}  // namespace

TEST_CASE("queue kind: a limit that is lower than the option says is a fault", "[queue_kind]") {
  CHECK(contains(limit_fault("q", quorum(3), kOld, {}), "set EVENT_CONSUMER_DELIVERY_LIMIT=3"));
  CHECK(contains(limit_fault("q", quorum(3), kNew, {}), "--delivery-limit says 20; set"));
  CHECK(contains(limit_fault("q", quorum(3), kOld, given(4)), "--delivery-limit says 4; set"));
  CHECK(contains(limit_fault("q", quorum(3), kOld, given({})), "says there is no limit; set"));
  CHECK(limit_fault("q", quorum(3), kOld, given(3)) == "");
  CHECK(limit_fault("q", quorum(3), kOld, given(2)) == "");
  CHECK(limit_fault("q", quorum({}), kNew, {}) == "");
  CHECK(limit_fault("q", {"classic"}, kOld, {}) == "");
  CHECK(limit_fault("q", {}, kOld, {}) == "");
}

TEST_CASE("slip: --delivery-limit 0", "[queue_kind]") {
  for (const QueueKind& takes_back : {QueueKind{"classic"}, quorum({}), quorum(3)}) {
    CHECK(starts_with(limit_fault("q", takes_back, kOld, given(0)),
                      "--delivery-limit 0 says that no event may come back to queue q"));
    CHECK(limit_fault("q", takes_back, kOld, given(5)).find("may come back") == std::string::npos);
  }
  CHECK(limit_fault("q", quorum(0), kOld, given(0)) == "");
  // Negative is none from 4.0 on.
  CHECK(limit_fault("q", quorum(-1), kOld, given(0)) == "");
  CHECK(limit_fault("q", quorum(-1), kNew, given(0)) != "");
  CHECK(limit_fault("q", {}, kOld, given(0)) == "");
}

}  // namespace event_consumer
