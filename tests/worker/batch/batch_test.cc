#include "worker/batch/batch.h"

#include <set>

#include "tests/fakes/batches.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using testing::id;
using testing::insert_format;
using testing::tags_of;

constexpr TimePoint kNow = TimePoint(std::chrono::hours(1));

TEST_CASE("batch: rows and deliveries in their order", "[batch]") {
  Batch batch;
  CHECK(batch.empty());
  batch.buffer().append("one");
  batch.add(id(4), 1, kNow);
  batch.buffer().append("two");
  batch.add(id(9), 1, kNow);
  CHECK_FALSE(batch.empty());
  CHECK(batch.rows() == 2);
  CHECK(batch.bytes() == "onetwo");
  CHECK(tags_of(batch) == std::vector<DeliveryTag>{4, 9});
}

TEST_CASE("batch: as old as its oldest row", "[batch]") {
  Batch batch;
  batch.add(id(1), 1, kNow);
  batch.add(id(2), 1, kNow + std::chrono::seconds(1));
  CHECK((batch.oldest() == kNow));
}

TEST_CASE("batch: the token is 128 bits in hexadecimal", "[batch]") {
  Batch batch;
  batch.add(id(1), 1, kNow);
  batch.seal(insert_format());
  CHECK(batch.token().size() == 32);
  CHECK(batch.token().find_first_not_of("0123456789abcdef") == std::string::npos);
}

TEST_CASE("batch: equal rows in two batches have two tokens", "[batch]") {
  std::set<std::string> tokens;
  for (int i = 0; i < 1000; ++i) {
    Batch batch;
    batch.buffer().append("same");
    batch.add(id(1), 1, kNow);
    batch.seal(insert_format());
    CHECK(tokens.insert(batch.token()).second);
  }
}

TEST_CASE("batch: emptied it forgets everything but its memory", "[batch]") {
  Batch batch;
  batch.buffer().append(10000, 'x');
  batch.add(id(1), 1, kNow);
  batch.seal(insert_format());
  const std::string old_token = batch.token();
  batch.clear();
  CHECK(batch.empty());
  CHECK(batch.bytes().empty());
  CHECK(batch.buffer().capacity() >= 10000);
  CHECK(batch.token().empty());

  batch.add(id(2), 1, kNow + std::chrono::seconds(5));
  CHECK((batch.oldest() == kNow + std::chrono::seconds(5)));
  batch.seal(insert_format());
  CHECK(batch.token() != old_token);
}

TEST_CASE("batch: a part has its rows, its deliveries and a token of its own", "[batch]") {
  Batch batch;
  const std::vector<std::string> bodies = {"a", "bb", "ccc", "dddd"};
  for (DeliveryTag tag = 1; tag <= 4; ++tag) {
    batch.buffer().append("<" + bodies[tag - 1] + ">");
    batch.add(id(tag), 1, kNow);
  }
  batch.seal(insert_format("INSERT HERE"));
  const Batch part = batch.part(1, 3);
  CHECK(part.bytes() == "<bb><ccc>");
  CHECK(tags_of(part) == std::vector<DeliveryTag>{2, 3});
  CHECK((part.oldest() == kNow));
  CHECK(part.format().head == "INSERT HERE");
  CHECK(part.token().size() == 32);
  CHECK(part.token() != batch.token());
  CHECK(part.is_part());
  CHECK_FALSE(batch.is_part());
  CHECK(batch.part(0, 4).bytes() == batch.bytes());
}

TEST_CASE("batch: a message of several rows stays whole", "[batch]") {
  Batch batch;
  batch.buffer().append("abc");
  batch.add(id(1), 3, kNow);
  batch.buffer().append("d");
  batch.add(id(2), 1, kNow);
  CHECK(batch.rows() == 4);
  REQUIRE(batch.runs().size() == 2);
  batch.seal(insert_format());
  const Batch part = batch.part(0, 1);
  CHECK(part.bytes() == "abc");
  CHECK(part.rows() == 3);
  CHECK(part.runs().front().message == id(1));
}

}  // namespace
}  // namespace event_consumer
