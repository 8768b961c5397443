#include "worker/encode/column_index.h"

#include "tests/support/catch.h"

using namespace event_consumer;

namespace {

void check_event(ColumnIndex& index, const std::vector<std::string>& keys,
                 const std::vector<std::size_t>& columns) {
  index.start_event();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    CAPTURE(i, keys[i]);
    CHECK(index.find(keys[i]).column == columns[i]);
  }
}

}  // namespace

TEST_CASE("columns are found in any order, whatever the order before") {
  ColumnIndex index({"a", "b", "c"});
  CHECK(index.size() == 3);
  for (int round = 0; round < 2; ++round) {
    check_event(index, {"a", "b", "c"}, {0, 1, 2});
    check_event(index, {"c", "a", "b"}, {2, 0, 1});
    check_event(index, {"c", "a", "b"}, {2, 0, 1});
    check_event(index, {"b"}, {1});
    check_event(index, {"a", "a", "c", "c", "b", "a"}, {0, 0, 2, 2, 1, 0});
  }
}

TEST_CASE("a key in another case finds the column that is the only one of that name but for it") {
  const std::size_t none = ColumnIndex::kNone;
  ColumnIndex index({"userId", "name", "Name", "Ä"});
  check_event(index, {"USERID", "userid", "userId", "NAME", "Name", "name", "ä", "Ä"},
              {0, 0, 0, none, 2, 1, none, 3});
  CHECK(index.find("userId").is_exact);
  CHECK_FALSE(index.find("userID").is_exact);
}

TEST_CASE("a key is found by nothing but its name and case") {
  const std::size_t none = ColumnIndex::kNone;
  ColumnIndex index({"name", std::string("na\0me", 5), ""});
  check_event(index, {"nam", "name ", "name", "na", std::string("na\0me", 5), "", "x"},
              {none, none, 0, none, 1, 2, none});
}

TEST_CASE("unknown keys between the known do not disturb them") {
  const std::size_t none = ColumnIndex::kNone;
  ColumnIndex index({"only"});
  check_event(index, {"x", "only", "y", "only"}, {none, 0, none, 0});
  check_event(index, {"only", "z"}, {0, none});
}
