// The demonstration that `make demo` runs: private servers, the service with two workers, 100 000
// click events through it, and what has become of them. Exit status 0 when the numbers are right.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include "tests/demo/keep.h"
#include "tests/demo/print.h"
#include "tests/demo/results.h"
#include "tests/support/amqp_client.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

constexpr int kExitInterrupted = 130;

bool wants_to_keep() {
  const char* value = std::getenv("KEEP");
  return value != nullptr && *value != '\0' && std::string(value) != "0";
}

bool stop_in_order(Stage& stage) {
  const int status = stage.stop_service();
  print_heading("event-consumer stopped as asked: " + describe_status(status));
  return status == 0;
}

void wait_for_consumer(const Stage& stage) {
  AmqpClient client(stage.rabbitmq().url());
  const auto is_there = [&] {
    return client.queue_exists("click_events") && client.consumer_count("click_events") > 0;
  };
  if (wait_until(is_there, std::chrono::seconds(30))) return;
  stage.check_service();
  throw std::runtime_error("event-consumer does not consume");
}

// Returns whether everything went as it should.
bool run_demo() {
  const bool keep = wants_to_keep();
  print_heading("Starting a ClickHouse and a RabbitMQ of our own (about 5 s)");
  Stage stage(keep);
  print_heading("Publishing " + grouped(kDemoEvents) + " click events, " +
                std::to_string(broken_events()) + " of them broken, while event-consumer runs:");
  stage.start_service();  // makes the queues
  wait_for_consumer(stage);
  const Counts counts = run_traffic(stage);
  show_table(stage);
  show_dead_letters(stage);
  const bool right = check_counts(stage, counts);
  if (!keep) return stop_in_order(stage) && right;
  keep_running(stage);
  return right;
}

}  // namespace
}  // namespace event_consumer::testing

int main() {
  using namespace event_consumer::testing;
  catch_interrupts();
  try {
    return run_demo() ? EXIT_SUCCESS : EXIT_FAILURE;
  } catch (const Interrupted&) {
    std::printf("\nInterrupted; everything is stopped and removed.\n");
    return kExitInterrupted;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "\ndemo: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
