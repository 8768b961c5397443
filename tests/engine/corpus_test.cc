// The corpus in ClickHouse 26: as this service stores it, and as ClickHouse does.
#include "tests/support/corpus.h"

#include "tests/engine/engine_facts.h"
#include "tests/support/catch.h"
#include "tests/support/clickhouse_engine.h"
#include "tests/support/typed_columns.h"

namespace event_consumer::testing {

TEST_CASE("ClickHouse 26: the messages of the corpus become the rows beside them") {
  for (const CorpusPart& part : read_corpus(CorpusFor::k26)) {
    INFO(part.kind);
    if (!has_types_of(engine_facts().version, part.create_table)) continue;
    CHECK(drain(part, engine()) == std::vector<std::string>());
  }
}

TEST_CASE("ClickHouse 26: the messages of the corpus become the same by JSONEachRow") {
  if (!has_compared_json()) return;
  for (const CorpusPart& part : read_corpus(CorpusFor::k26)) {
    INFO(part.kind);
    CHECK(insert_as_json(part, engine()) == std::vector<std::string>());
  }
}

}  // namespace event_consumer::testing
