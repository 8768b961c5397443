// The corpus in ClickHouse 18.16.
#include "tests/support/corpus.h"

#include "tests/support/catch.h"
#include "tests/support/test_topology.h"

namespace event_consumer::testing {

TEST_CASE("corpus: the messages become the rows beside them") {
  std::size_t messages = 0;
  for (const CorpusPart& part : read_corpus(CorpusFor::k18)) {
    INFO(part.kind);
    CHECK(drain(part, clickhouse()) == std::vector<std::string>());
    messages += part.messages.size();
  }
  CHECK(messages >= 60);
}

}  // namespace event_consumer::testing
