#include "worker/batch/batch_queue.h"

#include "tests/fakes/batches.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using std::chrono::milliseconds;
using testing::delivery;
using testing::insert_format;
using Tags = std::vector<DeliveryTag>;

constexpr TimePoint kNow = TimePoint(std::chrono::hours(1));

void add(BatchQueue& queue, DeliveryTag tag, const std::string& row = "row", TimePoint now = kNow) {
  queue.buffer().append(row);
  queue.added(delivery(tag), now);
}

TEST_CASE("batch queue: nothing is sealed before a limit is reached", "[batch_queue]") {
  BatchQueue queue({3, 100, milliseconds(1000)}, insert_format());
  CHECK(queue.empty());
  CHECK(queue.front() == nullptr);
  add(queue, 1);
  add(queue, 2);
  CHECK_FALSE(queue.empty());
  CHECK(queue.front() == nullptr);
}

TEST_CASE("batch queue: enough rows seal a batch", "[batch_queue]") {
  BatchQueue queue({3, 100, milliseconds(1000)}, insert_format());
  for (DeliveryTag tag : {1, 2, 3, 4}) add(queue, tag);
  REQUIRE(queue.front() != nullptr);
  CHECK(queue.front()->tags() == Tags{1, 2, 3});
  CHECK_FALSE(queue.front()->token().empty());
}

TEST_CASE("batch queue: enough bytes seal a batch", "[batch_queue]") {
  BatchQueue queue({100, 10, milliseconds(1000)}, insert_format());
  add(queue, 1, "123456789");
  CHECK(queue.front() == nullptr);
  add(queue, 2, "0");
  REQUIRE(queue.front() != nullptr);
  CHECK(queue.front()->tags() == Tags{1, 2});
}

TEST_CASE("batch queue: the age of the oldest row seals a batch", "[batch_queue]") {
  BatchQueue queue({100, 100, milliseconds(1000)}, insert_format());
  CHECK_FALSE(queue.deadline().has_value());
  add(queue, 1, "row", kNow);
  add(queue, 2, "row", kNow + milliseconds(900));
  CHECK((queue.deadline() == kNow + milliseconds(1000)));
  queue.seal_if_due(kNow + milliseconds(999));
  CHECK(queue.front() == nullptr);
  queue.seal_if_due(kNow + milliseconds(1000));
  REQUIRE(queue.front() != nullptr);
  CHECK(queue.front()->tags() == Tags{1, 2});
  CHECK_FALSE(queue.deadline().has_value());
}

TEST_CASE("batch queue: the next batch has an age of its own", "[batch_queue]") {
  BatchQueue queue({1, 100, milliseconds(1000)}, insert_format());
  for (DeliveryTag tag = 1; tag <= 3; ++tag) {  // through used memory, too
    add(queue, tag);
    queue.pop();
  }
  BatchQueue slow({100, 100, milliseconds(1000)}, insert_format());
  add(slow, 1, "row", kNow);
  slow.seal(FlushReason::kStop);
  slow.pop();
  add(slow, 2, "row", kNow + milliseconds(500));
  CHECK((slow.deadline() == kNow + milliseconds(1500)));
}

TEST_CASE("batch queue: an empty batch is never sealed", "[batch_queue]") {
  BatchQueue queue({3, 100, milliseconds(1000)}, insert_format());
  queue.seal(FlushReason::kStop);
  queue.seal_if_due(kNow);
  CHECK(queue.front() == nullptr);
  CHECK(queue.empty());
}

TEST_CASE("batch queue: batches leave in the order in which they came", "[batch_queue]") {
  BatchQueue queue({2, 100, milliseconds(1000)}, insert_format());
  for (DeliveryTag tag = 1; tag <= 7; ++tag) add(queue, tag);
  std::vector<Tags> left;
  while (queue.front() != nullptr) {
    left.push_back(queue.front()->tags());
    queue.pop();
  }
  CHECK(left == std::vector<Tags>{{1, 2}, {3, 4}, {5, 6}});
  CHECK_FALSE(queue.empty());  // 7 is being filled
}

TEST_CASE("batch queue: the front batch stays where and what it is", "[batch_queue]") {
  BatchQueue queue({2, 1000, milliseconds(1000)}, insert_format());
  add(queue, 1);
  add(queue, 2);
  const Batch* front = queue.front();
  const std::string token = front->token();
  const char* bytes = front->bytes().data();
  for (DeliveryTag tag = 3; tag <= 1000; ++tag) add(queue, tag);
  queue.seal(FlushReason::kStop);
  CHECK(queue.front() == front);
  CHECK(front->token() == token);
  CHECK(front->bytes().data() == bytes);
  CHECK(front->bytes() == "rowrow");
}

TEST_CASE("batch queue: counts the bytes of all batches", "[batch_queue]") {
  BatchQueue queue({2, 100, milliseconds(1000)}, insert_format());
  CHECK(queue.held_bytes() == 0);
  add(queue, 1, "1");
  CHECK(queue.held_bytes() == 1);
  add(queue, 2, "22");
  add(queue, 3, "333");
  CHECK(queue.held_bytes() == 6);
  queue.pop();
  CHECK(queue.held_bytes() == 3);
  queue.seal(FlushReason::kStop);
  queue.pop();
  CHECK(queue.held_bytes() == 0);
  CHECK(queue.empty());
}

TEST_CASE("batch queue: used memory comes back clean", "[batch_queue]") {
  BatchQueue queue({2, 100, milliseconds(1000)}, insert_format());
  std::string last_token;
  for (DeliveryTag tag = 1; tag <= 100; tag += 2) {
    add(queue, tag);
    add(queue, tag + 1);
    REQUIRE(queue.front() != nullptr);
    CHECK(queue.front()->bytes() == "rowrow");
    CHECK(queue.front()->tags() == Tags{tag, tag + 1});
    CHECK(queue.front()->token() != last_token);
    last_token = queue.front()->token();
    queue.pop();
    CHECK(queue.empty());
  }
}

TEST_CASE("batch queue: batches are put before and behind others", "[batch_queue]") {
  BatchQueue queue({1, 100, milliseconds(1000)}, insert_format("old"));
  for (DeliveryTag tag = 1; tag <= 3; ++tag) add(queue, tag);
  std::vector<Batch> all = queue.take_all(insert_format("new"));
  REQUIRE(all.size() == 3);
  CHECK(queue.empty());
  CHECK(queue.held_bytes() == 0);
  add(queue, 4);
  std::vector<Batch> last;
  last.push_back(std::move(all.back()));
  all.pop_back();
  queue.put_last(std::move(last));
  queue.put_first(std::move(all));
  CHECK(queue.held_bytes() == 12);
  std::vector<std::string> left;
  while (queue.front() != nullptr) {
    left.push_back(std::to_string(queue.front()->tags()[0]) + queue.front()->format().query);
    queue.pop();
  }
  CHECK(left == std::vector<std::string>{"1old", "2old", "4new", "3old"});
}

TEST_CASE("batch queue: everything can be dropped, or everything but the front", "[batch_queue]") {
  BatchQueue queue({1, 100, milliseconds(1000)}, insert_format());
  for (DeliveryTag tag = 1; tag <= 3; ++tag) add(queue, tag);
  const Batch* front = queue.front();
  queue.drop_all_but_front();
  CHECK(queue.front() == front);
  CHECK(queue.held_bytes() == 3);
  queue.pop();
  CHECK(queue.empty());
  add(queue, 4);
  queue.drop_all();
  CHECK(queue.empty());
  CHECK(queue.held_bytes() == 0);
}

}  // namespace
}  // namespace event_consumer
