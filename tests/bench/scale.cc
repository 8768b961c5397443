#include "tests/bench/scale.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/rows_in_parts.h"
#include "tests/support/click_events.h"
#include "tests/support/proc.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

constexpr std::uint64_t kEvents = 200'000;
constexpr int kRuns = 3;

// Of workers, broker and ClickHouse, in seconds.
struct CpuSeconds {
  double workers = 0;
  double rabbitmq = 0;
  double clickhouse = 0;

  CpuSeconds operator-(const CpuSeconds& before) const {
    return {workers - before.workers, rabbitmq - before.rabbitmq, clickhouse - before.clickhouse};
  }
};

struct Run {
  double seconds;
  CpuSeconds cpu;
};

// A queue with its table and its instance.
struct Lane {
  explicit Lane(const std::string& name) : topology(name) { topology.declare_topology(); }

  TestTopology topology;
  std::unique_ptr<Service> service = nullptr;
};

using Lanes = std::vector<std::unique_ptr<Lane>>;

Lanes make_lanes(int queues) {
  Lanes lanes;
  for (int i = 0; i < queues; ++i)
    lanes.push_back(std::make_unique<Lane>("scale_" + std::to_string(i)));
  return lanes;
}

void fill(const Lanes& lanes) {
  const ClickEvents events;
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  for (const auto& lane : lanes)
    publish_confirmed(client, lane->topology, 0, kEvents / lanes.size(),
                      [&](std::uint64_t id) { return events.json_at(id); });
}

CpuSeconds cpu_of(const Lanes& lanes) {
  CpuSeconds cpu{0, cpu_seconds(rabbitmq().pids().front()), cpu_seconds(clickhouse().pid())};
  for (const auto& lane : lanes)
    for (const pid_t worker : lane->service->workers()) cpu.workers += cpu_seconds(worker);
  return cpu;
}

std::uint64_t rows_in_parts(const Lanes& lanes) {
  std::uint64_t rows = 0;
  for (const auto& lane : lanes) rows += rows_in_parts(lane->topology);
  return rows;
}

// From the moment the first worker consumes to the moment all rows are there.
Run run_once(int queues, int workers) {
  const Lanes lanes = make_lanes(queues);
  fill(lanes);
  for (const auto& lane : lanes) {
    Environment environment = lane->topology.environment();
    environment["EVENT_CONSUMER_WORKERS"] = std::to_string(workers);
    lane->service = std::make_unique<Service>(environment);
  }
  if (!lanes.front()->service->wait_consuming(1))
    throw std::runtime_error(lanes.front()->service->log());
  const CpuSeconds before = cpu_of(lanes);
  const auto begin = Clock::now();
  const auto all_are_there = [&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(40));
    return rows_in_parts(lanes) >= kEvents;
  };
  if (!wait_until(all_are_there, seconds(180)))
    throw std::runtime_error("not all is stored: " + lanes.front()->service->log());
  const std::chrono::duration<double> taken = Clock::now() - begin;
  const CpuSeconds cpu = cpu_of(lanes) - before;
  for (const auto& lane : lanes)
    if (lane->service->stop() != 0) throw std::runtime_error(lane->service->log());
  return {taken.count(), cpu};
}

}  // namespace

void show_scale() {
  std::printf("%llu events of about 390 bytes a run, on %u cores; the median of %d runs\n\n",
              static_cast<unsigned long long>(kEvents), std::thread::hardware_concurrency(), kRuns);
  std::printf("queues  workers each   events/s   cores busy: workers  RabbitMQ  ClickHouse\n");
  for (const int queues : {1, 2, 4}) {
    for (const int workers : {1, 2, 4}) {
      std::vector<Run> runs;
      for (int i = 0; i < kRuns; ++i) runs.push_back(run_once(queues, workers));
      std::sort(runs.begin(), runs.end(),
                [](const Run& a, const Run& b) { return a.seconds < b.seconds; });
      const Run& run = runs[runs.size() / 2];
      std::printf("%6d  %12d   %8.0f   %19.2f  %8.2f  %10.2f\n", queues, workers,
                  static_cast<double>(kEvents) / run.seconds, run.cpu.workers / run.seconds,
                  run.cpu.rabbitmq / run.seconds, run.cpu.clickhouse / run.seconds);
      std::fflush(stdout);
    }
  }
}

}  // namespace event_consumer::testing
