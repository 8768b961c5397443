#include "tests/support/feeder.h"

#include <chrono>

namespace event_consumer::testing {

constexpr unsigned kPortionsPerSecond = 50;

Feeder::Feeder(const TestTopology& topology, const ClickEvents& events, unsigned events_per_second)
    : topology_(topology),
      events_(events),
      events_per_second_(events_per_second),
      thread_([this] { run(); }) {}

std::uint64_t Feeder::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
  return published_;
}

void Feeder::run() {
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  auto next = Clock::now();
  while (!stopping_) {
    const std::uint64_t portion = events_per_second_ / kPortionsPerSecond;
    publish_confirmed(client, topology_, published_, published_ + portion,
                      [this](std::uint64_t id) { return events_.json_at(id); });
    published_ += portion;
    next += std::chrono::milliseconds(1000 / kPortionsPerSecond);
    std::this_thread::sleep_until(next);
  }
}

}  // namespace event_consumer::testing
