#include "worker/commands/check_report.h"

#include <sstream>

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

TEST_CASE("report: a line a step, and what it comes to", "[report]") {
  std::ostringstream out;
  Report report(out);
  report.good("a is there");
  report.note("b is slow");
  report.close();
  CHECK(out.str() == "✓ a is there\n! b is slow\nAll is well, 1 note (!).\n");
  CHECK(report.exit_code() == ExitCode::kOk);
}

TEST_CASE("report: what is bad goes with what to do", "[report]") {
  std::ostringstream out;
  Report report(out);
  report.bad(ErrorKind::kUnavailable, "c\nis away", "call it");
  report.close();
  CHECK(out.str() == "✗ c\\x0ais away → call it\n1 step failed; exit status 69.\n");
}

TEST_CASE("report: what somebody has to change outweighs what may pass", "[report]") {
  for (const bool configuration_first : {true, false}) {
    std::ostringstream out;
    Report report(out);
    if (configuration_first) report.bad(ErrorKind::kConfiguration, "a", "b");
    report.bad(ErrorKind::kUnavailable, "a", "b");
    if (!configuration_first) report.bad(ErrorKind::kConfiguration, "a", "b");
    CHECK(report.exit_code() == ExitCode::kConfiguration);
  }
}

TEST_CASE("check: --strict makes a note alone a failure of its own kind", "[check]") {
  std::ostringstream out;
  Report report(out, /*is_strict=*/true, /*notes=*/1);
  report.good("a");
  CHECK(report.exit_code() == ExitCode::kNotes);
  report.note("b");
  report.close();
  CHECK(out.str() == "✓ a\n! b\nAll is well, 2 notes (!); exit status 79.\n");
  report.bad(ErrorKind::kUnavailable, "c", "d");
  CHECK(report.exit_code() == ExitCode::kUnavailable);
  CHECK(Report(out, /*is_strict=*/true).exit_code() == ExitCode::kOk);
}

}  // namespace
}  // namespace event_consumer
