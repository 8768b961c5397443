#include "worker/ledger/link_proof.h"

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint kStart{std::chrono::hours(1)};

TEST_CASE("link proof: acknowledgements are asked about once a second", "[link_proof]") {
  LinkProof proof;
  proof.link_made(kStart);
  CHECK_FALSE(proof.deadline(0).has_value());
  CHECK_FALSE(proof.is_due(0, std::nullopt, kStart + seconds(5)));
  CHECK(proof.deadline(3) == kStart + seconds(1));
  CHECK_FALSE(proof.is_due(3, std::nullopt, kStart + milliseconds(999)));
  CHECK(proof.is_due(3, std::nullopt, kStart + seconds(1)));
  proof.asked(3, kStart + seconds(1));
  CHECK_FALSE(proof.has_all_answers());
  CHECK_FALSE(proof.is_due(4, kStart + seconds(9), kStart + seconds(9)));
  CHECK_FALSE(proof.deadline(4).has_value());
  const auto answer = proof.answered();
  REQUIRE(answer.has_value());
  CHECK(answer->asked_at == kStart + seconds(1));
  CHECK(answer->acknowledged == 3);
  CHECK(proof.has_all_answers());
  CHECK_FALSE(proof.is_due(3, std::nullopt, kStart + seconds(9)));
  CHECK(proof.deadline(4) == kStart + seconds(2));
}

TEST_CASE("link proof: what others want to know is asked at once, and once", "[link_proof]") {
  LinkProof proof;
  proof.link_made(kStart);
  const TimePoint wanted = kStart + milliseconds(10);
  CHECK(proof.is_due(0, wanted, wanted));
  proof.asked(0, kStart + milliseconds(20));
  proof.answered();
  CHECK_FALSE(proof.is_due(0, wanted, kStart + milliseconds(30)));
  CHECK(proof.is_due(0, kStart + milliseconds(25), kStart + milliseconds(30)));
}

// Others have to know of a worker that dies when it was there.
TEST_CASE("link proof: one that nobody wants to know is asked for once a minute", "[link_proof]") {
  LinkProof proof;
  proof.link_made(kStart);
  CHECK_FALSE(proof.is_due(0, std::nullopt, kStart + seconds(59)));
  CHECK(proof.is_due(0, std::nullopt, kStart + seconds(60)));
  proof.asked(0, kStart + seconds(60));
  CHECK_FALSE(proof.is_due(0, std::nullopt, kStart + seconds(180)));
  proof.answered();
  CHECK_FALSE(proof.is_due(0, std::nullopt, kStart + seconds(119)));
  CHECK(proof.is_due(0, std::nullopt, kStart + seconds(120)));
}

TEST_CASE("link proof: answers belong to questions in their order, of one link", "[link_proof]") {
  LinkProof proof;
  proof.link_made(kStart);
  proof.asked(1, kStart);
  proof.asked(2, kStart + seconds(1));
  CHECK(proof.answered()->acknowledged == 1);
  CHECK_FALSE(proof.has_all_answers());
  CHECK(proof.answered()->acknowledged == 2);
  CHECK_FALSE(proof.answered().has_value());
  proof.asked(3, kStart + seconds(2));
  proof.link_made(kStart + seconds(3));
  CHECK_FALSE(proof.answered().has_value());
}

}  // namespace
}  // namespace event_consumer
