#include "common/scoreboard/worker_record.h"

#include <string>

#include "common/scoreboard/counter_table.h"
#include "tests/support/catch.h"

namespace event_consumer {

TEST_CASE("a bounded text is cut between two characters") {
  BoundedText<8> text{};
  CHECK(text.empty());
  text.set("1234567");
  CHECK(text.str() == "1234567");
  text.set("12345678");
  CHECK(text.str() == "1234567");
  text.set("123456ä9");
  CHECK(text.str() == "123456");
  text.set("");
  CHECK(text.empty());
}

TEST_CASE("a histogram counts a value in the first bucket whose bound it does not exceed") {
  Histogram<BatchRowsBounds> rows{};
  rows.observe(1);
  rows.observe(2);
  rows.observe(10);
  rows.observe(1'000'000);
  CHECK(rows.buckets[0] == 1);
  CHECK(rows.buckets[1] == 2);
  CHECK(rows.buckets.back() == 1);
  CHECK(rows.count() == 4);
  CHECK(rows.sum == 1'000'013);
}

TEST_CASE("failed inserts are counted by class and code; what finds no place stands last") {
  WorkerCounters counters{};
  counters.count_failed_insert(0, 242);
  counters.count_failed_insert(0, 242, 4);
  counters.count_failed_insert(2, 242);
  CHECK(counters.failed_inserts[0].count == 5);
  CHECK(counters.failed_inserts[1].count == 1);
  for (std::uint64_t code = 1000; code < 1100; ++code) counters.count_failed_insert(1, code);
  std::uint64_t all = 0;
  for (const FailedInserts& failed : counters.failed_inserts) all += failed.count;
  CHECK(all == 106);
}

TEST_CASE("dead letters are counted by reason and column; what finds no place is left out") {
  WorkerCounters counters{};
  const std::size_t places = counters.dead_letter_columns.size();
  for (std::size_t i = 0; i < places + 3; ++i)
    counters.count_dead_letter_column(Reason::kBadValue, "column " + std::to_string(i));
  counters.count_dead_letter_column(Reason::kBadValue, "column 7");
  CHECK(total_of(counters.dead_letter_columns) == places + 1);
  CHECK(counters.dead_letter_columns[7].count == 2);
  WorkerCounters sum{};
  sum.count_dead_letter_column(Reason::kBadValue, "column 7");
  sum.add(counters);
  CHECK(sum.dead_letter_columns[0].column.str() == "column 7");
  CHECK(sum.dead_letter_columns[0].count == 3);
}

TEST_CASE("counters are added one by one") {
  WorkerCounters one{};
  one.received = 10;
  one.inserted = 4;
  one.dead_lettered = {1, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  one.rejected = 1;
  one.recognised = 1;
  one.possibly_doubled_rows = 7;
  one.returned = 2;
  one.batches[0] = 3;
  one.insert_seconds.observe(0.3);
  one.count_failed_insert(1, 27);
  WorkerCounters sum = one;
  sum.add(one);
  CHECK(sum.received == 20);
  CHECK(sum.all_dead_lettered() == 4);
  CHECK(sum.settled() == 20);
  CHECK(sum.possibly_doubled_rows == 14);
  CHECK(sum.batches[0] == 6);
  CHECK(sum.insert_seconds.count() == 2);
  CHECK(sum.failed_inserts[0].count == 2);
  CHECK(sum.failed_inserts[1].count == 0);
}

}  // namespace event_consumer
