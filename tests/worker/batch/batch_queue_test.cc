#include "worker/batch/batch_queue.h"

#include "tests/fakes/batches.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using std::chrono::milliseconds;
using testing::id;
using testing::insert_format;
using testing::tags_of;
using Tags = std::vector<DeliveryTag>;

constexpr TimePoint kNow = TimePoint(std::chrono::hours(1));
const auto kFormat = insert_format();

const Batch* front(const BatchQueue& queue) {
  return queue.has_sealed() ? &queue.front() : nullptr;
}

// Whatever is being filled, until nothing is.
void seal_now(BatchQueue& queue) {
  queue.make_due(FlushReason::kStop);
  queue.seal_due(kNow);
}

void pop(BatchQueue& queue) { queue.recycle(queue.take_front()); }

void add(BatchQueue& queue, DeliveryTag tag, const std::string& row = "row", TimePoint now = kNow,
         const std::shared_ptr<const InsertFormat>& format = kFormat) {
  queue.buffer().append(row);
  queue.added(id(tag), {{format, 1, row.size()}}, now);
}

TEST_CASE("batch queue: nothing is sealed before a limit is reached", "[batch_queue]") {
  BatchQueue queue({3, 100, milliseconds(1000)});
  CHECK(queue.empty());
  CHECK(front(queue) == nullptr);
  add(queue, 1);
  add(queue, 2);
  CHECK_FALSE(queue.empty());
  CHECK(front(queue) == nullptr);
}

TEST_CASE("batch queue: enough rows seal a batch", "[batch_queue]") {
  BatchQueue queue({3, 100, milliseconds(1000)});
  for (DeliveryTag tag : {1, 2, 3, 4}) add(queue, tag);
  REQUIRE(front(queue) != nullptr);
  CHECK(tags_of(*front(queue)) == Tags{1, 2, 3});
  CHECK_FALSE(front(queue)->token().empty());
}

TEST_CASE("batch queue: enough bytes seal a batch", "[batch_queue]") {
  BatchQueue queue({100, 10, milliseconds(1000)});
  add(queue, 1, "123456789");
  CHECK(front(queue) == nullptr);
  add(queue, 2, "0");
  REQUIRE(front(queue) != nullptr);
  CHECK(tags_of(*front(queue)) == Tags{1, 2});
}

TEST_CASE("batch queue: the age of the oldest row makes a batch due", "[batch_queue]") {
  BatchQueue queue({100, 100, milliseconds(1000)});
  CHECK_FALSE(queue.deadline().has_value());
  add(queue, 1, "row", kNow);
  add(queue, 2, "row", kNow + milliseconds(900));
  CHECK((queue.deadline() == kNow + milliseconds(1000)));
  queue.seal_due(kNow + milliseconds(999));
  CHECK(front(queue) == nullptr);
  queue.seal_due(kNow + milliseconds(1000));
  REQUIRE(front(queue) != nullptr);
  CHECK(tags_of(*front(queue)) == Tags{1, 2});
  CHECK_FALSE(queue.deadline().has_value());
}

TEST_CASE("batch queue: rows that wait for the inserter are joined", "[batch_queue]") {
  BatchQueue queue({100, 100, milliseconds(1000)});
  add(queue, 1, "row", kNow);
  // Nobody needs a batch when the first row is old enough, nor when the window is full.
  queue.make_due(FlushReason::kWindow);
  add(queue, 2, "row", kNow + milliseconds(5000));
  queue.seal_due(kNow + milliseconds(5000));
  REQUIRE(front(queue) != nullptr);
  CHECK(tags_of(*front(queue)) == Tags{1, 2});
  CHECK(queue.flushes()[static_cast<std::size_t>(FlushReason::kWindow)] == 1);
}

TEST_CASE("batch queue: while a sealed batch waits none is sealed that is due", "[batch_queue]") {
  BatchQueue queue({2, 100, milliseconds(1000)});
  for (DeliveryTag tag : {1, 2, 3}) add(queue, tag);
  queue.seal_due(kNow + milliseconds(2000));
  CHECK(queue.filling_rows() == 1);
  pop(queue);
  queue.seal_due(kNow + milliseconds(2000));
  CHECK(queue.filling_rows() == 0);
  CHECK(tags_of(*front(queue)) == Tags{3});
}

TEST_CASE("batch queue: the next batch has an age of its own", "[batch_queue]") {
  BatchQueue queue({1, 100, milliseconds(1000)});
  for (DeliveryTag tag = 1; tag <= 3; ++tag) {  // through used memory, too
    add(queue, tag);
    pop(queue);
  }
  BatchQueue slow({100, 100, milliseconds(1000)});
  add(slow, 1, "row", kNow);
  seal_now(slow);
  pop(slow);
  add(slow, 2, "row", kNow + milliseconds(500));
  CHECK((slow.deadline() == kNow + milliseconds(1500)));
}

TEST_CASE("batch queue: an empty batch is never sealed", "[batch_queue]") {
  BatchQueue queue({3, 100, milliseconds(1000)});
  seal_now(queue);
  CHECK(front(queue) == nullptr);
  CHECK(queue.empty());
}

TEST_CASE("batch queue: batches leave in the order in which they came", "[batch_queue]") {
  BatchQueue queue({2, 100, milliseconds(1000)});
  for (DeliveryTag tag = 1; tag <= 7; ++tag) add(queue, tag);
  std::vector<Tags> left;
  while (front(queue) != nullptr) {
    left.push_back(tags_of(*front(queue)));
    pop(queue);
  }
  CHECK(left == std::vector<Tags>{{1, 2}, {3, 4}, {5, 6}});
  CHECK_FALSE(queue.empty());  // 7 is being filled
}

TEST_CASE("batch queue: the front batch stays where and what it is", "[batch_queue]") {
  BatchQueue queue({2, 1000, milliseconds(1000)});
  add(queue, 1);
  add(queue, 2);
  const Batch* first = front(queue);
  const std::string token = first->token();
  const char* bytes = first->bytes().data();
  for (DeliveryTag tag = 3; tag <= 1000; ++tag) add(queue, tag);
  seal_now(queue);
  CHECK(front(queue) == first);
  CHECK(first->token() == token);
  CHECK(first->bytes().data() == bytes);
  CHECK(first->bytes() == "rowrow");
}

TEST_CASE("batch queue: counts the bytes of all batches", "[batch_queue]") {
  BatchQueue queue({2, 100, milliseconds(1000)});
  CHECK(queue.held_bytes() == 0);
  add(queue, 1, "1");
  CHECK(queue.held_bytes() == 1);
  add(queue, 2, "22");
  add(queue, 3, "333");
  CHECK(queue.held_bytes() == 6);
  pop(queue);
  CHECK(queue.held_bytes() == 3);
  seal_now(queue);
  pop(queue);
  CHECK(queue.held_bytes() == 0);
  CHECK(queue.empty());
}

TEST_CASE("batch queue: used memory comes back clean", "[batch_queue]") {
  BatchQueue queue({2, 100, milliseconds(1000)});
  std::string last_token;
  for (DeliveryTag tag = 1; tag <= 100; tag += 2) {
    add(queue, tag);
    add(queue, tag + 1);
    REQUIRE(front(queue) != nullptr);
    CHECK(front(queue)->bytes() == "rowrow");
    CHECK(tags_of(*front(queue)) == Tags{tag, tag + 1});
    CHECK(front(queue)->token() != last_token);
    last_token = front(queue)->token();
    pop(queue);
    CHECK(queue.empty());
  }
}

TEST_CASE("batch queue: batches are put before and behind others", "[batch_queue]") {
  const auto old_format = insert_format("old");
  const auto new_format = insert_format("new");
  BatchQueue queue({1, 100, milliseconds(1000)});
  for (DeliveryTag tag = 1; tag <= 3; ++tag) add(queue, tag, "row", kNow, old_format);
  std::vector<BatchPtr> all = queue.take_all();
  REQUIRE(all.size() == 3);
  CHECK(queue.empty());
  CHECK(queue.held_bytes() == 0);
  add(queue, 4, "row", kNow, new_format);
  std::vector<BatchPtr> last;
  last.push_back(std::move(all.back()));
  all.pop_back();
  queue.put_last(std::move(last));
  queue.put_first(std::move(all));
  CHECK(queue.held_bytes() == 12);
  std::vector<std::string> left;
  while (queue.has_sealed()) {
    left.push_back(std::to_string(tags_of(queue.front())[0]) + queue.front().format().head);
    pop(queue);
  }
  CHECK(left == std::vector<std::string>{"1old", "2old", "4new", "3old"});
}

// Events that carry a key with a DEFAULT only now and then would otherwise make inserts of two
// rows.
TEST_CASE("batch queue: rows of two formats in turn make one batch of two inserts",
          "[batch_queue]") {
  const auto other = insert_format("other");
  BatchQueue queue({7, 100, milliseconds(1000)});
  for (DeliveryTag tag = 1; tag <= 7; ++tag)
    add(queue, tag, "r" + std::to_string(tag), kNow, tag % 2 == 1 ? kFormat : other);
  REQUIRE(queue.has_sealed());
  CHECK(queue.held_bytes() == 14);
  const BatchPtr batch = queue.take_front();
  CHECK(queue.held_bytes() == 0);
  CHECK(batch->bytes() == "r1r3r5r7");
  CHECK(batch->make_rest()->bytes() == "r2r4r6");
  CHECK(batch->make_rest()->format().head == "other");
}

TEST_CASE("batch queue: more formats than a batch takes seal it", "[batch_queue]") {
  BatchQueue queue({100, 100, milliseconds(1000)});
  for (DeliveryTag tag = 1; tag <= 8; ++tag)
    add(queue, tag, std::to_string(tag), kNow, insert_format());
  CHECK_FALSE(queue.has_sealed());
  add(queue, 9, "9", kNow, insert_format("ninth"));
  REQUIRE(queue.has_sealed());
  CHECK(queue.front().all_rows() == 8);
  pop(queue);
  seal_now(queue);
  CHECK(queue.front().bytes() == "9");
  CHECK(queue.front().format().head == "ninth");
}

TEST_CASE("batch queue: inserts of one batch share the limit in bytes", "[batch_queue]") {
  BatchQueue queue({100, 10, milliseconds(1000)});
  add(queue, 1, "1234567");
  add(queue, 2, "890", kNow, insert_format("other"));
  REQUIRE(queue.has_sealed());
  CHECK(queue.front().held_bytes() == 10);
}

TEST_CASE("batch queue: no batch is cut within a message", "[batch_queue]") {
  BatchQueue queue({3, 100, milliseconds(1000)});
  const auto add_rows = [&](DeliveryTag tag, std::size_t rows) {
    queue.buffer().append(rows, static_cast<char>('0' + tag));
    queue.added(id(tag), {{kFormat, rows, rows}}, kNow);
  };
  add_rows(1, 2);
  CHECK_FALSE(queue.has_sealed());
  add_rows(2, 2);  // does not fit any more
  add_rows(3, 1);
  add_rows(4, 1);
  add_rows(5, 9);  // is too large for any
  std::vector<std::string> rows;
  for (; queue.has_sealed(); pop(queue)) rows.emplace_back(queue.front().bytes());
  CHECK(rows == std::vector<std::string>{"11", "223", "4", "555555555"});
}

TEST_CASE("batch queue: everything can be dropped", "[batch_queue]") {
  BatchQueue queue({1, 100, milliseconds(1000)});
  for (DeliveryTag tag = 1; tag <= 3; ++tag) add(queue, tag);
  queue.drop_all();
  CHECK(queue.empty());
  CHECK(queue.held_bytes() == 0);
}

}  // namespace
}  // namespace event_consumer
