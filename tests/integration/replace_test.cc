// Workers are replaced while events flow: nothing is lost, nothing comes twice, and there are never
// fewer consumers than were asked for.
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "tests/support/accounting.h"
#include "tests/support/consumer_watch.h"
#include "tests/support/feeder.h"
#include "tests/support/proc.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

constexpr std::uint32_t kWorkers = 3;

// An instance under load whose options stand in a file.
class Running {
 public:
  explicit Running(const std::string& name, const std::string& program = "event-consumer")
      : Running(name, program, "") {}
  Running(const std::string& name, const std::string& program, const std::string& more_options)
      : topology(name), tap(rabbitmq().port()), common_(more_options) {
    topology.declare_topology();
    write_options("EVENT_CONSUMER_BATCH_ROWS=500\n");
    Environment environment = topology.environment();
    environment["RABBITMQ_URL"] = tap.url();
    service.emplace(environment, std::vector<std::string>{"--config", options_file()}, program);
    REQUIRE(service->wait_consuming(kWorkers));
    feeder.emplace(topology, events, 10'000);
  }

  void write_options(const std::string& lines) const {
    std::ofstream(options_file()) << "EVENT_CONSUMER_WORKERS=" << kWorkers << "\n"
                                  << "EVENT_CONSUMER_BATCH_DELAY=0.1\n"
                                  << common_ << lines;
  }

  std::string options_file() const { return directory_.path() + "/options"; }

  void reload(const std::string& lines) {
    write_options(lines);
    service->send(SIGHUP);
  }

  bool logs(const std::string& text, std::size_t times = 1) const {
    return wait_until([&] { return service->count_in_log(text) >= times; }, seconds(40));
  }

  // Everything published is stored once, and the books agree with the world.
  void finish() {
    const std::uint64_t published = feeder->stop();
    CHECK(wait_until([&] { return topology.rows() >= published; }, seconds(60)));
    CHECK(service->stop() == 0);
    CHECK(topology.rows() == published);
    CHECK(topology.distinct_events() == published);
    check_accounting(*service, topology, tap);
  }

  TestTopology topology;
  WireTap tap;
  ClickEvents events{41};
  std::optional<Service> service;
  std::optional<Feeder> feeder;

 private:
  PrivateDirectory directory_{"options"};
  std::string common_;
};

}  // namespace

TEST_CASE("SIGHUP under load: other options, nothing lost or doubled, never too few consumers") {
  Running running("reload");
  const auto before = running.service->workers();
  ConsumerWatch watch(running.topology.queue());
  for (std::size_t round = 1; round <= 3; ++round) {
    running.reload("EVENT_CONSUMER_BATCH_ROWS=" + std::to_string(500 + 100 * round) + "\n");
    REQUIRE(running.logs("reloaded: 3 workers run with the options as they are now", round));
  }
  CHECK(watch.stop() >= kWorkers);
  CHECK(watch.looks() > 50);
  CHECK(wait_until([&] { return running.service->workers().size() == kWorkers; }, seconds(20)));
  for (const pid_t worker : running.service->workers())
    CHECK(std::find(before.begin(), before.end(), worker) == before.end());
  running.finish();
  CHECK(running.service->count_in_log("and takes over") == 3 * kWorkers);
  CHECK(running.service->count_in_log("restart in") == 0);
}

TEST_CASE("SIGHUP with a broken file changes nothing and says so") {
  Running running("reload_broken");
  const auto before = running.service->workers();
  running.reload("EVENT_CONSUMER_BATCH_ROWS=many\n");
  REQUIRE(running.logs("not reloaded, everything stays as it is: EVENT_CONSUMER_BATCH_ROWS in " +
                       running.options_file() + ": 'many': "));
  CHECK(running.service->workers() == before);
  running.finish();
}

TEST_CASE("SIGHUP to a wrong password: the first replacement fails, the old workers go on") {
  Running running("reload_refused");
  const auto before = running.service->workers();
  running.reload(std::string("CLICKHOUSE_USER=") + kClickhouseUser + "\nCLICKHOUSE_PASSWORD=no\n");
  REQUIRE(running.logs("the reload failed at worker 1: "));
  CHECK(running.service->count_in_log("exited with status 78") == 1);
  CHECK(wait_until([&] { return running.service->workers() == before; }, seconds(10)));
  // Put right, it works.
  running.reload("");
  CHECK(running.logs("reloaded: 3 workers"));
  running.finish();
}

TEST_CASE("SIGHUP after an upgrade: a worker of another version refuses, the old ones go on") {
  const PrivateDirectory directory("upgraded");
  const auto path = [&](const std::string& name) { return directory.path() + "/" + name; };
  const auto built = [](const std::string& name) { return program_directory() + "/" + name; };
  for (const char* name : {"event-consumer", "event-consumer-worker"})
    std::filesystem::copy(built(name), path(name));
  Running running("upgrade", path("event-consumer"));
  const auto before = running.service->workers();
  std::filesystem::copy(built("planted/other-version/event-consumer-worker"), path("new"));
  std::filesystem::rename(path("new"), path("event-consumer-worker"));
  running.reload("");
  REQUIRE(running.logs("the reload failed at worker 1: "));
  CHECK(running.service->count_in_log(
            "this is event-consumer 0.0.0, and the supervisor that started it is another version: "
            "restart the service (a reload is not enough after an upgrade)") == 1);
  CHECK(running.service->workers() == before);
  running.finish();
}

TEST_CASE("--worker-max-events: workers are replaced in turn, and nobody notices") {
  Running running("recycle", "event-consumer", "EVENT_CONSUMER_WORKER_MAX_EVENTS=5000\n");
  ConsumerWatch watch(running.topology.queue());
  REQUIRE(running.logs("and takes over", 10));
  CHECK(watch.stop() >= kWorkers);
  CHECK(running.service->count_in_log("has taken --worker-max-events, and is replaced") >= 10);
  running.finish();
  CHECK(running.service->count_in_log("restart in") == 0);
}

}  // namespace event_consumer::testing
