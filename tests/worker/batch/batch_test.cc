#include "worker/batch/batch.h"

#include <set>

#include "tests/fakes/batches.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using testing::append;
using testing::id;
using testing::insert_format;
using testing::tags_of;

using BatchPtr = std::unique_ptr<Batch>;

constexpr TimePoint kNow = TimePoint(std::chrono::hours(1));

TEST_CASE("batch: rows and deliveries in their order", "[batch]") {
  Batch batch;
  CHECK(batch.empty());
  append(batch, id(4), "one");
  append(batch, id(9), "two");
  CHECK_FALSE(batch.empty());
  CHECK(batch.rows() == 2);
  CHECK(batch.bytes() == "onetwo");
  CHECK(tags_of(batch) == std::vector<DeliveryTag>{4, 9});
}

TEST_CASE("batch: as old as its oldest row", "[batch]") {
  Batch batch;
  append(batch, id(1), "", 1, kNow);
  append(batch, id(2), "", 1, kNow + std::chrono::seconds(1));
  CHECK((batch.oldest() == kNow));
}

TEST_CASE("batch: the token is 128 bits in hexadecimal", "[batch]") {
  Batch batch;
  append(batch, id(1), "");
  batch.seal();
  CHECK(batch.token().size() == 32);
  CHECK(batch.token().find_first_not_of("0123456789abcdef") == std::string::npos);
}

TEST_CASE("batch: equal rows in two batches have two tokens", "[batch]") {
  std::set<std::string> tokens;
  for (int i = 0; i < 1000; ++i) {
    Batch batch;
    append(batch, id(1), "same");
    batch.seal();
    CHECK(tokens.insert(batch.token()).second);
  }
}

TEST_CASE("batch: emptied it forgets everything but its memory", "[batch]") {
  Batch batch;
  append(batch, id(1), std::string(10000, 'x'));
  batch.seal();
  const std::string old_token = batch.token();
  batch.clear();
  CHECK(batch.empty());
  CHECK(batch.bytes().empty());
  CHECK(batch.buffer().capacity() >= 10000);
  CHECK(batch.token().empty());

  append(batch, id(2), "", 1, kNow + std::chrono::seconds(5));
  CHECK((batch.oldest() == kNow + std::chrono::seconds(5)));
  batch.seal();
  CHECK(batch.token() != old_token);
}

TEST_CASE("batch: a part has its rows, its deliveries and a token of its own", "[batch]") {
  Batch batch;
  const std::vector<std::string> bodies = {"a", "bb", "ccc", "dddd"};
  const auto format = insert_format("INSERT HERE");
  for (DeliveryTag tag = 1; tag <= 4; ++tag)
    append(batch, id(tag), "<" + bodies[tag - 1] + ">", 1, kNow, format);
  batch.seal();
  const BatchPtr half = batch.part(1, 3);
  const Batch& part = *half;
  CHECK(part.bytes() == "<bb><ccc>");
  CHECK(tags_of(part) == std::vector<DeliveryTag>{2, 3});
  CHECK((part.oldest() == kNow));
  CHECK(part.format().head == "INSERT HERE");
  CHECK(part.token().size() == 32);
  CHECK(part.token() != batch.token());
  CHECK(part.is_part());
  CHECK_FALSE(batch.is_part());
  CHECK(batch.part(0, 4)->bytes() == batch.bytes());
}

TEST_CASE("batch: a message of several rows stays whole", "[batch]") {
  Batch batch;
  append(batch, id(1), "abc", 3);
  append(batch, id(2), "d");
  CHECK(batch.rows() == 4);
  REQUIRE(batch.runs().size() == 2);
  batch.seal();
  const BatchPtr part = batch.part(0, 1);
  CHECK(part->bytes() == "abc");
  CHECK(part->rows() == 3);
  CHECK(part->runs().front().message == id(1));
}

// Rows of two formats, and of a third: the message 2 has rows of two, 4 of all.
class SeveralFormats {
 public:
  SeveralFormats() {
    append(batch, id(1), "a1", 1, kNow, a);
    add(2,
        "a2"
        "b2b3",
        {{a, 1, 2}, {b, 2, 4}});
    add(3, "b4", {{b, 1, 2}});
    add(4,
        "c5"
        "a6"
        "b7",
        {{c, 1, 2}, {a, 1, 2}, {b, 1, 2}});
  }
  void add(DeliveryTag tag, const std::string& bytes, const std::vector<RowGroup>& groups) {
    batch.buffer().append(bytes);
    batch.add(id(tag), groups, kNow);
  }

  Batch batch;
  const std::shared_ptr<const InsertFormat> a = insert_format("a"), b = insert_format("b"),
                                            c = insert_format("c");
};

// What is posted until all is stored, and which messages are stored by each.
std::vector<std::string> inserts_of(const Batch& batch) {
  std::vector<std::string> inserts;
  const Batch* each = &batch;
  for (BatchPtr rest; each != nullptr; each = rest.get()) {
    CHECK(each->token().size() == 32);
    std::string line = each->format().head + ": " + std::string(each->bytes()) + ", stored:";
    for (const DeliveryId message : each->completed()) line += " " + std::to_string(message.tag);
    inserts.push_back(line);
    rest = each->make_rest();
  }
  return inserts;
}

TEST_CASE("batch: rows of several formats are posted one format after the other", "[batch]") {
  SeveralFormats several;
  CHECK(several.batch.rows() == 3);
  CHECK(several.batch.all_rows() == 8);
  CHECK(several.batch.held_bytes() == 16);
  several.batch.seal();
  CHECK(inserts_of(several.batch) == std::vector<std::string>{"a: a1a2a6, stored: 1",
                                                              "b: b2b3b4b7, stored: 2 3",
                                                              "c: c5, stored: 4"});
  const BatchPtr rest = several.batch.make_rest();
  CHECK(tags_of(*rest) == std::vector<DeliveryTag>{2, 3, 4});
  CHECK_FALSE(rest->is_part());
}

TEST_CASE("batch: a part of several formats has all rows of its messages", "[batch]") {
  SeveralFormats several;
  several.batch.seal();
  const BatchPtr first = several.batch.part(0, 2), second = several.batch.part(2, 4);
  CHECK(inserts_of(*first) == std::vector<std::string>{"a: a1a2, stored: 1", "b: b2b3, stored: 2"});
  CHECK(inserts_of(*second) ==
        std::vector<std::string>{"a: a6, stored:", "b: b4b7, stored: 3", "c: c5, stored: 4"});
  CHECK(second->make_rest()->is_part());
  CHECK(inserts_of(*several.batch.part(2, 3)) == std::vector<std::string>{"b: b4, stored: 3"});
  // What is stored already is not cut again.
  const BatchPtr rest = several.batch.make_rest();
  CHECK(inserts_of(*rest->part(2, 3)) ==
        std::vector<std::string>{"b: b7, stored:", "c: c5, stored: 4"});
}

TEST_CASE("batch: without some of its messages it is a batch like before", "[batch]") {
  SeveralFormats several;
  several.batch.seal();
  const BatchPtr others = several.batch.only({0, 1, 3});
  CHECK(inserts_of(*others) == std::vector<std::string>{"a: a1a2a6, stored: 1",
                                                        "b: b2b3b7, stored: 2",
                                                        "c: c5, stored: 4"});
  CHECK_FALSE(others->is_part());
  CHECK(others->token() != several.batch.token());
  CHECK(several.batch.part(0, 2)->only({1})->is_part());
  CHECK(several.batch.only({}) == nullptr);
}

TEST_CASE("batch: the rest of former columns is known as such", "[batch]") {
  SeveralFormats several;
  several.batch.seal();
  several.batch.set_may_be_stored({});
  several.batch.set_outdated();
  const BatchPtr rest = several.batch.make_rest();
  CHECK(rest->is_outdated());
  CHECK_FALSE(rest->may_be_stored());
}

TEST_CASE("batch: it comes to a few inserts, unless one message needs more", "[batch]") {
  Batch batch;
  const auto groups = [](std::size_t count) {
    std::vector<RowGroup> groups;
    for (std::size_t i = 0; i < count; ++i) groups.push_back({insert_format(), 1, 1});
    return groups;
  };
  const auto many = groups(20);
  CHECK(batch.takes(many));
  const auto few = groups(7);
  batch.buffer().append("1234567");
  batch.add(id(1), few, kNow);
  CHECK(batch.takes(few));
  CHECK(batch.takes(groups(1)));
  CHECK_FALSE(batch.takes(groups(2)));
  batch.clear();
  batch.buffer().append(20, 'x');
  batch.add(id(2), many, kNow);
  CHECK_FALSE(batch.takes({many.front()}));
}

}  // namespace
}  // namespace event_consumer
