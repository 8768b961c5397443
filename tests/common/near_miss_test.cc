#include "common/near_miss.h"

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

TEST_CASE("near miss: the distance of two words", "[near_miss]") {
  struct Row {
    const char* one;
    const char* other;
    std::size_t distance;
  };
  for (const Row& row : std::vector<Row>{{"", "", 0},
                                         {"", "abc", 3},
                                         {"abc", "abc", 0},
                                         {"ABC", "abc", 0},
                                         {"workers", "worker", 1},    // left out
                                         {"workers", "wworkers", 1},  // added
                                         {"workers", "worbers", 1},   // replaced
                                         {"workers", "workres", 1},   // exchanged
                                         {"workers", "wrokres", 2},
                                         {"ab", "ba", 1},
                                         {"ca", "abc", 3},
                                         {"kitten", "sitting", 3}}) {
    INFO(row.one << " " << row.other);
    CHECK(edit_distance(row.one, row.other) == row.distance);
    CHECK(edit_distance(row.other, row.one) == row.distance);
  }
}

TEST_CASE("near miss: two steps at most, and less than a third of the word", "[near_miss]") {
  const std::vector<std::string> known = {"check", "status",         "list",
                                          "drop",  "RABBITMQ_QUEUE", "on"};
  for (const auto& [word, meant] :
       std::vector<std::pair<std::string, std::string>>{{"chekc", "check"},
                                                        {"chk", ""},  // two of three
                                                        {"chec", "check"},
                                                        {"lsit", "list"},
                                                        {"slit", ""},
                                                        {"sil", ""},
                                                        {"statsu", "status"},
                                                        {"sattsu", ""},  // two of six
                                                        {"sattuss", "status"},
                                                        {"RABBITMQ_QEUEU", "RABBITMQ_QUEUE"},
                                                        {"rabbitmq_queue", "RABBITMQ_QUEUE"},
                                                        {"RABBITMQ_EQUUEEE", ""},
                                                        {"RABBITMQ_EXCHANGE", ""},
                                                        {"no", ""},
                                                        {"", ""}}) {
    INFO(word);
    CHECK(nearest(word, known) == meant);
  }
}

TEST_CASE("near miss: the nearest of several, and of equals the first", "[near_miss]") {
  CHECK(nearest("batch-rowss", {"batch-row", "batch-rows"}) == "batch-rows");
  CHECK(nearest("batch-row", {"batch-rows", "batch-bow"}) == "batch-rows");
}

TEST_CASE("near miss: the end of a sentence", "[near_miss]") {
  CHECK(did_you_mean("chekc", {"check"}) == ": did you mean check?");
  CHECK(did_you_mean("Check", {"check"}) == ": did you mean check?");
  CHECK(did_you_mean("check", {"check"}) == "");
  CHECK(did_you_mean("status", {"check"}) == "");
}

TEST_CASE("near miss: a word of any length costs little", "[near_miss]") {
  CHECK(nearest(std::string(1 << 20, 'x'), {"check"}) == "");
}

}  // namespace
}  // namespace event_consumer
