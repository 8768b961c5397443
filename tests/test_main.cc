// The entry point of a test program. After the run it writes «PASSED FAILED» (test cases) and the
// name of each test case that failed, a line each, to the file «counts» in the directory named by
// TEST_RUN_DIRECTORY, from which tests/check.sh makes its last lines.
#if !__has_include(<catch2/catch_test_macros.hpp>)
#define CATCH_CONFIG_RUNNER
#endif
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <type_traits>
#include <vector>

#include "tests/support/catch.h"
#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_case_info.hpp>
#endif

namespace {

#if __has_include(<catch2/catch_test_macros.hpp>)
using ListenerBase = Catch::EventListenerBase;
#else
using ListenerBase = Catch::TestEventListenerBase;
#endif

// Version 3 has a pointer where version 2 has the thing itself.
template <typename Info>
const std::string& name_of(const Info& info) {
  if constexpr (std::is_pointer_v<Info>)
    return info->name;
  else
    return info.name;
}

struct CountListener : ListenerBase {
  using ListenerBase::ListenerBase;

  // A child that a test forks would write again what is still in the buffer.
  void testCaseStarting(const Catch::TestCaseInfo&) override { std::cout.flush(); }

  void testCaseEnded(const Catch::TestCaseStats& stats) override {
    if (stats.totals.testCases.failed > 0) failed_.push_back(name_of(stats.testInfo));
  }

  void testRunEnded(const Catch::TestRunStats& stats) override {
    const char* directory = std::getenv("TEST_RUN_DIRECTORY");
    if (directory == nullptr) return;
    std::ofstream file(std::string(directory) + "/counts");
    file << stats.totals.testCases.passed << ' ' << stats.totals.testCases.failed << '\n';
    for (const std::string& name : failed_) file << name << '\n';
  }

 private:
  std::vector<std::string> failed_;
};

CATCH_REGISTER_LISTENER(CountListener)

}  // namespace

int main(int argc, char** argv) { return Catch::Session().run(argc, argv); }
