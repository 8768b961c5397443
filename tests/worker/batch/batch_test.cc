#include "worker/batch/batch.h"

#include <set>

#include "tests/fakes/batches.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using testing::delivery;
using testing::insert_format;

constexpr TimePoint kNow = TimePoint(std::chrono::hours(1));

TEST_CASE("batch: rows and deliveries in their order", "[batch]") {
  Batch batch;
  CHECK(batch.empty());
  batch.buffer().append("one");
  batch.add(delivery(4), kNow);
  batch.buffer().append("two");
  batch.add(delivery(9), kNow);
  CHECK_FALSE(batch.empty());
  CHECK(batch.rows() == 2);
  CHECK(batch.bytes() == "onetwo");
  CHECK(batch.tags() == std::vector<DeliveryTag>{4, 9});
}

TEST_CASE("batch: as old as its oldest row", "[batch]") {
  Batch batch;
  batch.add(delivery(1), kNow);
  batch.add(delivery(2), kNow + std::chrono::seconds(1));
  CHECK((batch.oldest() == kNow));
}

TEST_CASE("batch: the token is 128 bits in hexadecimal", "[batch]") {
  Batch batch;
  batch.add(delivery(1), kNow);
  batch.seal(insert_format());
  CHECK(batch.token().size() == 32);
  CHECK(batch.token().find_first_not_of("0123456789abcdef") == std::string::npos);
}

TEST_CASE("batch: equal rows in two batches have two tokens", "[batch]") {
  std::set<std::string> tokens;
  for (int i = 0; i < 1000; ++i) {
    Batch batch;
    batch.buffer().append("same");
    batch.add(delivery(1), kNow);
    batch.seal(insert_format());
    CHECK(tokens.insert(batch.token()).second);
  }
}

TEST_CASE("batch: emptied it forgets everything but its memory", "[batch]") {
  Batch batch;
  batch.buffer().append(10000, 'x');
  batch.add(delivery(1), kNow);
  batch.seal(insert_format());
  const std::string old_token = batch.token();
  batch.clear();
  CHECK(batch.empty());
  CHECK(batch.bytes().empty());
  CHECK(batch.buffer().capacity() >= 10000);
  CHECK(batch.token().empty());

  batch.add(delivery(2), kNow + std::chrono::seconds(5));
  CHECK((batch.oldest() == kNow + std::chrono::seconds(5)));
  batch.seal(insert_format());
  CHECK(batch.token() != old_token);
}

TEST_CASE("batch: keeps the deliveries that its rows came from", "[batch]") {
  Batch batch;
  for (const DeliveryTag tag : {3, 7}) {
    Delivery one = delivery(tag, tag == 3 ? "body" : "");
    one.exchange = "exchange";
    one.routing_key = tag == 3 ? "" : "key";
    one.properties = "\x80";
    batch.buffer().append("row");
    batch.add(one, kNow);
  }
  CHECK(batch.original(0).tag == 3);
  CHECK(batch.original(0).body == "body");
  CHECK(batch.original(0).exchange == "exchange");
  CHECK(batch.original(0).routing_key == "");
  CHECK(batch.original(0).properties == "\x80");
  CHECK(batch.original(1).tag == 7);
  CHECK(batch.original(1).body == "");
  CHECK(batch.original(1).routing_key == "key");
  CHECK(batch.held_bytes() == 6 + 4 + 16 + 3 + 2);
}

TEST_CASE("batch: a part has its rows, its deliveries and a token of its own", "[batch]") {
  Batch batch;
  const std::vector<std::string> bodies = {"a", "bb", "ccc", "dddd"};
  for (DeliveryTag tag = 1; tag <= 4; ++tag) {
    batch.buffer().append("<" + bodies[tag - 1] + ">");
    batch.add(delivery(tag, bodies[tag - 1]), kNow);
  }
  batch.seal(insert_format("INSERT HERE"));
  const Batch part = batch.part(1, 3);
  CHECK(part.bytes() == "<bb><ccc>");
  CHECK(part.tags() == std::vector<DeliveryTag>{2, 3});
  CHECK(part.original(1).body == "ccc");
  CHECK((part.oldest() == kNow));
  CHECK(part.format().query == "INSERT HERE");
  CHECK(part.token().size() == 32);
  CHECK(part.token() != batch.token());
  CHECK(part.is_part());
  CHECK_FALSE(batch.is_part());
  CHECK(batch.part(0, 4).bytes() == batch.bytes());
}

}  // namespace
}  // namespace event_consumer
