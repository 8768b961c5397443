// publish URL QUEUE FIRST COUNT PER_SECOND: publishes COUNT click events for QUEUE, from the index
// FIRST on, at a steady rate, and ends well when the broker has confirmed them all.
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <thread>

#include "common/clock.h"
#include "tests/support/amqp_client.h"
#include "tests/support/click_events.h"

namespace event_consumer::testing {
namespace {

void publish(const std::string& url, const std::string& queue, std::uint64_t first,
             std::uint64_t count, double per_second) {
  AmqpClient publisher(url);
  publisher.declare_publisher_topology("url_shortener", queue);
  publisher.enable_confirms();
  const ClickEvents events;
  const TimePoint start = Clock::now();
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::chrono::duration<double> due(static_cast<double>(i) / per_second);
    std::this_thread::sleep_until(start + std::chrono::duration_cast<Duration>(due));
    publisher.publish("url_shortener", queue, events.json_at(first + i));
  }
  if (!publisher.wait_for_confirms(std::chrono::seconds(30)))
    throw std::runtime_error("the broker did not confirm all events within 30 s");
}

}  // namespace
}  // namespace event_consumer::testing

int main(int argc, char** argv) {
  if (argc != 6) {
    std::cerr << "usage: publish URL QUEUE FIRST COUNT PER_SECOND\n";
    return EXIT_FAILURE;
  }
  try {
    event_consumer::testing::publish(argv[1], argv[2], std::stoull(argv[3]), std::stoull(argv[4]),
                                     std::stod(argv[5]));
  } catch (const std::exception& error) {
    std::cerr << "publish: " << error.what() << "\n";
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
