#include "supervisor/status/fetch.h"

#include "tests/fakes/fake_http_server.h"
#include "tests/support/catch.h"

namespace event_consumer::testing {
namespace {

Result<std::string> fetched(const std::string& body) {
  const FakeHttpServer server([&](const HttpRequest&) { return foreign_answer(200, body); });
  return fetch({"127.0.0.1", server.port()}, "/status", std::chrono::seconds(20));
}

TEST_CASE("fetch: an answer, but none that is endless", "[status]") {
  CHECK(*fetched("text") == "text");
  const auto too_long = fetched(std::string(9 << 20, 'x'));
  REQUIRE_FALSE(too_long);
  CHECK(too_long.error().message == "what answers is something else");
}

}  // namespace
}  // namespace event_consumer::testing
