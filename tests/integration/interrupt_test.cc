// Ctrl-C at a program of the tests, as at the demonstration: it leaves nothing behind.
#include <signal.h>

#include <iostream>
#include <sstream>

#include "tests/support/catch.h"
#include "tests/support/free_port.h"
#include "tests/support/proc.h"
#include "tests/support/process.h"
#include "tests/support/service.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

constexpr char kInterrupted[] = "one that is interrupted while its service runs";

}  // namespace

TEST_CASE(kInterrupted, "[.]") {
  catch_interrupts();
  try {
    Service service({{"RABBITMQ_URL", "amqp://127.0.0.1:" + std::to_string(free_port()) + "/"},
                     {"CLICKHOUSE_HOST", "127.0.0.1"},
                     {"EVENT_CONSUMER_WORKERS", "8"}});
    REQUIRE(wait_until([&] { return service.workers().size() >= 8; }, seconds(20)));
    for (const pid_t worker : service.workers()) std::cout << "worker " << worker << std::endl;
    raise(SIGINT);
    wait_until([] { return false; }, seconds(20));
  } catch (const Interrupted&) {
    std::cout << "interrupted" << std::endl;
  }
}

TEST_CASE("interrupt: a program of the tests stops what it has started") {
  Command command;
  command.argv = {"/proc/self/exe", kInterrupted};
  const Finished program = run(command, seconds(60));
  INFO(program.output << program.error_output);
  CHECK(describe_status(program.status) == "exit status 0");
  std::istringstream words(program.output);
  int workers = 0;
  bool is_interrupted = false;
  for (std::string word; words >> word;) {
    is_interrupted = is_interrupted || word == "interrupted";
    pid_t worker = 0;
    if (word != "worker" || !(words >> worker)) continue;
    ++workers;
    CHECK_FALSE(is_alive(worker));
  }
  CHECK(workers >= 8);
  CHECK(is_interrupted);
}

}  // namespace event_consumer::testing
