// The entry point of a test program. After the run it appends «PASSED FAILED» (test cases) to the
// file named by EVENT_CONSUMER_TEST_COUNTS, from which tests/check.sh makes its last line.
#if !__has_include(<catch2/catch_test_macros.hpp>)
#define CATCH_CONFIG_RUNNER
#endif
#include <cstdlib>
#include <fstream>

#include "tests/support/catch.h"

namespace {

#if __has_include(<catch2/catch_test_macros.hpp>)
using ListenerBase = Catch::EventListenerBase;
#else
using ListenerBase = Catch::TestEventListenerBase;
#endif

struct CountListener : ListenerBase {
  using ListenerBase::ListenerBase;

  void testRunEnded(const Catch::TestRunStats& stats) override {
    const char* path = std::getenv("EVENT_CONSUMER_TEST_COUNTS");
    if (path == nullptr) return;
    std::ofstream(path, std::ios::app)
        << stats.totals.testCases.passed << ' ' << stats.totals.testCases.failed << '\n';
  }
};

CATCH_REGISTER_LISTENER(CountListener)

}  // namespace

int main(int argc, char** argv) { return Catch::Session().run(argc, argv); }
