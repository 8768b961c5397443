#include "common/result.h"

#include "common/exit_code.h"

#include <memory>

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

Result<std::unique_ptr<int>> make(bool works) {
  if (!works) return Error{ErrorKind::kUnavailable, "no memory today"};
  return std::make_unique<int>(7);
}

TEST_CASE("result: holds a value, also one that can only be moved", "[result]") {
  auto result = make(true);
  REQUIRE(result.ok());
  CHECK(static_cast<bool>(result));
  CHECK(**result == 7);
  const std::unique_ptr<int> taken = std::move(*result);
  CHECK(*taken == 7);
}

TEST_CASE("result: or the error in its place", "[result]") {
  const auto result = make(false);
  REQUIRE_FALSE(result.ok());
  CHECK_FALSE(static_cast<bool>(result));
  CHECK(result.error().kind == ErrorKind::kUnavailable);
  CHECK(result.error().message == "no memory today");
}

TEST_CASE("result: done is a value like any other", "[result]") {
  const Result<Done> done = Done{};
  const Result<Done> failed = Error{ErrorKind::kInternal, ""};
  CHECK(done.ok());
  CHECK_FALSE(failed.ok());
}

// Scripts, systemd units and the supervisor compare with these numbers (sysexits(3)).
TEST_CASE("exit code: the numbers that others rely on", "[result]") {
  CHECK(to_int(ExitCode::kOk) == 0);
  CHECK(to_int(ExitCode::kUsage) == 64);
  CHECK(to_int(ExitCode::kUnavailable) == 69);
  CHECK(to_int(ExitCode::kInternal) == 70);
  CHECK(to_int(ExitCode::kConfiguration) == 78);
}

}  // namespace
}  // namespace event_consumer
