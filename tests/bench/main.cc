// `make bench`: one worker against a consumer that does nothing, in interleaved pairs on the same
// queue of the same broker, so that both meet the same moods of the machine. Prints each run and
// the medians; it judges nothing. With EVENTS=N in the environment a message is an array of so many
// events; with AGAINST=PATH the program there, of another build, takes the place of the consumer;
// and SCALE=1 shows instead what more queues and more workers bring, RECOVERY=1 how soon a killed
// worker is replaced.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <thread>
#include <vector>

#include "tests/bench/empty_consumer.h"
#include "tests/bench/recovery.h"
#include "tests/bench/rows_in_parts.h"
#include "tests/bench/scale.h"
#include "tests/support/click_events.h"
#include "tests/support/proc.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

constexpr std::uint64_t kMessages = 200'000;
constexpr int kPairs = 7;
constexpr std::uint16_t kPrefetch = 30'000;
constexpr std::uint64_t kBatchRows = 10'000;

// How many events are in a message, and how many messages in a run.
struct Load {
  std::uint64_t per_message = 1;
  std::uint64_t messages = kMessages;

  std::uint64_t events() const { return per_message * messages; }
};

// Four times the events where they come in arrays.
Load load() {
  const char* text = std::getenv("EVENTS");
  const std::uint64_t per_message = text == nullptr ? 1 : std::max(std::stoull(text), 1ULL);
  return per_message == 1 ? Load{} : Load{per_message, 4 * kMessages / per_message};
}

void fill_queue(const TestTopology& topology, const Load& load) {
  const ClickEvents events;
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  publish_confirmed(client, topology, 0, load.messages, [&](std::uint64_t message) {
    const std::uint64_t first = message * load.per_message;
    if (load.per_message == 1) return events.json_at(first);
    std::string body = "[" + events.json_at(first);
    for (std::uint64_t id = first + 1; id < first + load.per_message; ++id)
      body += "," + events.json_at(id);
    return body + "]";
  });
}

struct WorkerRun {
  ConsumerRun run;
  std::uint64_t rss_bytes;
};

// From the moment the worker of this program consumes to the moment all rows are there.
WorkerRun run_worker(const TestTopology& topology, std::uint64_t events,
                     const std::string& program = "event-consumer") {
  constexpr auto kBetweenLooks = std::chrono::milliseconds(40);
  const std::uint64_t rows_before = rows_in_parts(topology);
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_WORKERS"] = "1";
  Service service(environment, {}, program);
  if (!service.wait_consuming(1)) throw std::runtime_error(service.log());
  const pid_t worker = service.workers().at(0);
  const auto begin = Clock::now();
  const double cpu_begin = cpu_seconds(worker);
  const auto all_are_there = [&] {
    std::this_thread::sleep_for(kBetweenLooks);
    return rows_in_parts(topology) - rows_before >= events;
  };
  if (!wait_until(all_are_there, seconds(120)))
    throw std::runtime_error("the worker did not finish: " + service.log());
  const std::chrono::duration<double> taken = Clock::now() - begin;
  const WorkerRun run{{taken.count(), cpu_seconds(worker) - cpu_begin}, rss_bytes(worker)};
  if (service.stop() != 0) throw std::runtime_error("the worker did not stop: " + service.log());
  return run;
}

// The highest resident memory of a worker that faces a backlog while ClickHouse does not answer,
// until it holds as much as it ever will.
std::uint64_t backlog_rss(const std::string& name, std::uint64_t events,
                          const std::string& padding) {
  TestTopology topology(name);
  topology.declare_topology();
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_WORKERS"] = "1";
  Service service(environment);
  if (!service.wait_consuming(1)) throw std::runtime_error(service.log());
  const pid_t worker = service.workers().at(0);
  clickhouse().pause();
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  publish_confirmed(client, topology, 0, events, [&](std::uint64_t id) {
    ClickEvent event = ClickEvents().at(id);
    event.user_agent += padding;
    return to_json(event);
  });
  std::uint64_t highest = 0;
  const auto end = Clock::now() + seconds(15);
  wait_until(
      [&] {
        highest = std::max(highest, rss_bytes(worker));
        return Clock::now() >= end;
      },
      seconds(20));
  clickhouse().resume();
  service.stop();
  return highest;
}

void show_backlog_rss() {
  constexpr std::size_t kLarge = 64 * 1024;
  std::printf("\nresident memory of a worker before a full backlog, ClickHouse not answering:\n");
  std::printf("  events of 390 bytes  %3llu MiB\n",
              static_cast<unsigned long long>(backlog_rss("bench_small", 60'000, "") >> 20));
  std::printf("  events of 64 KiB     %3llu MiB\n",
              static_cast<unsigned long long>(
                  backlog_rss("bench_large", 6'000, std::string(kLarge, 'x')) >> 20));
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void run_pairs() {
  TestTopology topology("bench");
  topology.declare_topology();
  const Load load = event_consumer::testing::load();
  const auto events = static_cast<double>(load.events());
  std::printf(
      "%llu messages of %llu events of about 390 bytes a run, one worker at default settings\n\n",
      static_cast<unsigned long long>(load.messages),
      static_cast<unsigned long long>(load.per_message));
  const char* against = std::getenv("AGAINST");
  std::printf("          %-23s worker                        ratio of rates\n",
              against == nullptr ? "empty consumer" : "other build");
  std::vector<double> ratios, rates, cpu;
  for (int pair = 1; pair <= kPairs; ++pair) {
    fill_queue(topology, load);
    const auto other =
        against != nullptr
            ? run_worker(topology, load.events(), against).run
            : run_empty_consumer(rabbitmq().port(), topology.queue(), load.messages, kPrefetch,
                                 std::max<std::uint64_t>(kBatchRows / load.per_message, 1));
    fill_queue(topology, load);
    const auto worker = run_worker(topology, load.events());
    const double micros = 1e6 / events;
    ratios.push_back(other.seconds / worker.run.seconds);
    rates.push_back(events / worker.run.seconds);
    cpu.push_back(worker.run.cpu_seconds * micros);
    std::printf("  pair %d  %7.0f/s %5.2f us CPU   %7.0f/s %5.2f us CPU %3llu MiB   %.2f\n", pair,
                events / other.seconds, other.cpu_seconds * micros, rates.back(), cpu.back(),
                static_cast<unsigned long long>(worker.rss_bytes >> 20), ratios.back());
  }
  std::printf("\nmedians: worker %.0f events/s, %.2f us CPU per event, %.2f of the %s\n",
              median(rates), median(cpu), median(ratios),
              against == nullptr ? "empty consumer" : "other build");
}

}  // namespace
}  // namespace event_consumer::testing

int main() {
  try {
    using namespace event_consumer::testing;
    if (std::getenv("SCALE") != nullptr) {
      show_scale();
    } else if (std::getenv("RECOVERY") != nullptr) {
      show_recovery();
    } else {
      run_pairs();
      if (std::getenv("EVENTS") == nullptr && std::getenv("AGAINST") == nullptr) show_backlog_rss();
    }
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
