#include "worker/batch.h"

#include <set>

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

constexpr TimePoint kNow = TimePoint(std::chrono::hours(1));

TEST_CASE("batch: rows and deliveries in their order", "[batch]") {
  Batch batch;
  CHECK(batch.empty());
  batch.buffer() += "one";
  batch.add(4, kNow);
  batch.buffer() += "two";
  batch.add(9, kNow);
  CHECK_FALSE(batch.empty());
  CHECK(batch.rows() == 2);
  CHECK(batch.bytes() == "onetwo");
  CHECK(batch.tags() == std::vector<DeliveryTag>{4, 9});
}

TEST_CASE("batch: as old as its oldest row", "[batch]") {
  Batch batch;
  batch.add(1, kNow);
  batch.add(2, kNow + std::chrono::seconds(1));
  CHECK((batch.oldest() == kNow));
}

TEST_CASE("batch: the token is 128 bits in hexadecimal", "[batch]") {
  Batch batch;
  batch.add(1, kNow);
  batch.seal();
  CHECK(batch.token().size() == 32);
  CHECK(batch.token().find_first_not_of("0123456789abcdef") == std::string::npos);
}

TEST_CASE("batch: equal rows in two batches have two tokens", "[batch]") {
  std::set<std::string> tokens;
  for (int i = 0; i < 1000; ++i) {
    Batch batch;
    batch.buffer() += "same";
    batch.add(1, kNow);
    batch.seal();
    CHECK(tokens.insert(batch.token()).second);
  }
}

TEST_CASE("batch: emptied it forgets everything but its memory", "[batch]") {
  Batch batch;
  batch.buffer().append(10000, 'x');
  batch.add(1, kNow);
  batch.seal();
  const std::string old_token = batch.token();
  batch.clear();
  CHECK(batch.empty());
  CHECK(batch.bytes().empty());
  CHECK(batch.bytes().capacity() >= 10000);
  CHECK(batch.token().empty());

  batch.add(2, kNow + std::chrono::seconds(5));
  CHECK((batch.oldest() == kNow + std::chrono::seconds(5)));
  batch.seal();
  CHECK(batch.token() != old_token);
}

}  // namespace
}  // namespace event_consumer
