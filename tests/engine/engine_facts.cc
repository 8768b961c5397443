#include "tests/engine/engine_facts.h"

#include <stdexcept>

#include "common/text.h"
#include "tests/support/clickhouse_engine.h"

namespace event_consumer::testing {
namespace {

ServerFacts ask_engine() {
  ClickHouseHttp http({"127.0.0.1", engine().http_port(), "default", "", std::chrono::seconds(20)});
  auto facts = read_server_facts(http);
  if (!facts) throw std::runtime_error(facts.error().message);
  return std::move(*facts);
}

}  // namespace

const ServerFacts& engine_facts() {
  static const ServerFacts facts = ask_engine();
  return facts;
}

bool has_compared_json() { return starts_with(engine_facts().version, "26.7."); }

}  // namespace event_consumer::testing
