#include "worker/encode/row_buffer.h"

#include <utility>

#include "tests/support/catch.h"

using namespace event_consumer;

TEST_CASE("what is appended stands behind what was there") {
  RowBuffer rows;
  CHECK(rows.view().empty());
  rows.append("ab");
  rows.push_back('\0');
  rows.append(3, 'x');
  CHECK(rows.view() == std::string_view("ab\0xxx", 6));
  CHECK(rows.size() == 6);
}

TEST_CASE("a length can be put before what it counts") {
  RowBuffer rows;
  rows.append("before");
  rows.append("counted");
  rows.insert(6, "7:");
  CHECK(rows.view() == "before7:counted");
}

TEST_CASE("a row that failed is cut off, and the rows before it stay") {
  RowBuffer rows;
  rows.append("stays");
  const std::size_t start = rows.size();
  rows.append(100000, 'x');
  rows.truncate(start);
  CHECK(rows.view() == "stays");
}

TEST_CASE("an emptied buffer keeps its memory, a moved one takes it along") {
  RowBuffer rows;
  rows.append(10000, 'x');
  const char* const memory = rows.view().data();
  rows.clear();
  CHECK(rows.size() == 0);
  rows.append("again");
  CHECK(rows.view().data() == memory);
  const RowBuffer moved = std::move(rows);
  CHECK(moved.view().data() == memory);
  CHECK(moved.view() == "again");
}
