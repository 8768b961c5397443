// The corpus in ClickHouse 26: as this service stores it, and as ClickHouse does.
#include "tests/support/corpus.h"

#include "tests/support/catch.h"
#include "tests/support/clickhouse_engine.h"

namespace event_consumer::testing {

TEST_CASE("ClickHouse 26: the messages of the corpus become the rows beside them") {
  for (const CorpusPart& part : read_corpus(CorpusFor::k26)) {
    INFO(part.kind);
    CHECK(drain(part, engine()) == std::vector<std::string>());
  }
}

TEST_CASE("ClickHouse 26: the messages of the corpus become the same by JSONEachRow") {
  for (const CorpusPart& part : read_corpus(CorpusFor::k26)) {
    INFO(part.kind);
    CHECK(insert_as_json(part, engine()) == std::vector<std::string>());
  }
}

}  // namespace event_consumer::testing
