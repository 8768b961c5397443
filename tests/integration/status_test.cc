// The status address: what it says in every state of the instance, and that nobody can disturb it.
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <iterator>

#include "common/text.h"
#include "tests/support/catch.h"
#include "tests/support/click_events.h"
#include "tests/support/free_port.h"
#include "tests/support/proc.h"
#include "tests/support/service.h"
#include "tests/support/status_page.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

// A topology whose service serves its status on a port of its own.
struct WatchedScene {
  explicit WatchedScene(const std::string& name)
      : topology(name), environment(topology.environment()), port(serve_status(environment)) {
    topology.declare_topology();
  }

  StatusPage get(const std::string& path) const { return get_status_page(port, path); }
  bool waits_for(const std::string& path, int status, const std::string& content,
                 Duration timeout = seconds(10)) const {
    return wait_until(
        [&] {
          const StatusPage page = get(path);
          return page.status == status && page.content.find(content) != std::string::npos;
        },
        timeout);
  }
  void publish(std::uint64_t first, std::uint64_t last) const {
    AmqpClient client(rabbitmq().url());
    client.enable_confirms();
    publish_confirmed(client, topology, first, last, [&](auto id) { return events.json_at(id); });
  }

  TestTopology topology;
  Environment environment;
  int port;
  ClickEvents events;
};

}  // namespace

TEST_CASE("status: before any worker consumes the instance is alive and not ready, and says why") {
  WatchedScene watched("status_start");
  watched.environment["CLICKHOUSE_PORT"] = std::to_string(free_port());
  Service service(watched.environment);
  CHECK(watched.waits_for("/livez", 200, "ok"));
  CHECK(watched.waits_for("/readyz", 503, "cannot connect"));
  CHECK(watched.waits_for("/status", 200, "\"state\":\"starting\""));
  CHECK(watched.waits_for("/metrics", 200, "event_consumer_ready 0"));
  CHECK(service.stop() == 0);
}

TEST_CASE("status: while events flow, counters agree with the table and the dead-letter queue") {
  constexpr std::uint64_t kEvents = 5'000;
  WatchedScene watched("status_flow");
  Service service(watched.environment);
  CHECK(watched.waits_for("/readyz", 200, "ok"));
  watched.publish(0, kEvents);
  AmqpClient client(rabbitmq().url());
  client.enable_confirms();
  client.publish(watched.topology.exchange(), watched.topology.queue(), "not JSON");
  REQUIRE(client.wait_for_confirms(seconds(10)));
  REQUIRE(wait_until([&] { return watched.topology.rows() == kEvents; }, seconds(20)));
  CHECK(watched.waits_for("/status", 200,
                          "\"totals\":{\"received\":5001,\"inserted\":5000,\"dead_lettered\":1,"
                          "\"rejected\":0,\"recognised\":0,\"returned\":0,\"in_hand\":0,"));
  CHECK(watched.waits_for(
      "/status", 200,
      "\"queue\":\"status_flow_events\",\"pid\":" + std::to_string(service.pid()) + ","));
  CHECK(watched.waits_for("/metrics", 200, "event_consumer_ready 1"));
  CHECK(watched.waits_for("/metrics", 200, "event_consumer_dead_letter_queue_messages 1",
                          seconds(20)));
  CHECK(watched.waits_for("/metrics", 200, "event_consumer_queue_consumers 2\n", seconds(20)));
  const std::string metrics = watched.get("/metrics").content;
  CHECK(contains(metrics, "reason=\"not_json\"} 1\n"));
  CHECK(contains(metrics, "event_consumer_table_deduplicates 0\n"));
  CHECK(contains(metrics, "event_consumer_queue_messages 0\n"));
  CHECK(contains(metrics, "queue=\"status_flow_events\",table=\"status_flow.click_events\","));
  CHECK(contains(metrics, "clickhouse_version=\"18.16.1\",clickhouse_host=\"127.0.0.1:"));
  CHECK(service.stop() == 0);
}

TEST_CASE("status: promtool has nothing to say against the metrics") {
  WatchedScene watched("status_promtool");
  Service service(watched.environment);
  REQUIRE(watched.waits_for("/readyz", 200, "ok"));
  watched.publish(0, 100);
  REQUIRE(wait_until([&] { return watched.topology.rows() == 100; }, seconds(20)));
  const PrivateDirectory directory("promtool");
  write_file(directory.path() + "/metrics", watched.get("/metrics").content);
  Command command;
  command.argv = {"sh", "-c", "promtool check metrics < " + directory.path() + "/metrics"};
  const Finished checked = run(command, seconds(30));
  INFO(checked.output << checked.error_output);
  CHECK(checked.ok());
  CHECK(checked.output.empty());
  CHECK(checked.error_output.empty());
}

TEST_CASE(
    "status: ClickHouse is away: not ready within 5 s, alive all the time, ready again after") {
  WatchedScene watched("status_outage");
  Service service(watched.environment);
  REQUIRE(watched.waits_for("/readyz", 200, "ok"));
  clickhouse().stop();
  const TimePoint begin = Clock::now();
  // Enough for both workers: one whose inserts do not fail would be ready.
  watched.publish(0, 100);
  CHECK(watched.waits_for("/readyz", 503, "cannot connect", seconds(5)));
  INFO(watched.get("/readyz").content);
  CHECK(Clock::now() - begin < seconds(5));
  CHECK(watched.get("/livez").status == 200);
  clickhouse().start();
  CHECK(watched.waits_for("/readyz", 200, "ok", seconds(40)));
  CHECK(service.stop() == 0);
}

TEST_CASE("status: a paused instance is not ready, a stopping one neither") {
  WatchedScene watched("status_pause");
  Service service(watched.environment);
  REQUIRE(watched.waits_for("/readyz", 200, "ok"));
  service.send(SIGTSTP);
  CHECK(watched.waits_for("/readyz", 503, "paused by an operator"));
  CHECK(watched.waits_for("/status", 200, "\"state\":\"holding\",\"reason\":\"paused"));
  service.send(SIGCONT);
  CHECK(watched.waits_for("/readyz", 200, "ok"));
  // A worker that cannot finish keeps the stop going.
  clickhouse().pause();
  watched.publish(0, 1);
  REQUIRE(watched.waits_for("/status", 200, "\"in_hand\":1"));
  service.send(SIGTERM);
  CHECK(watched.waits_for("/readyz", 503, "stopping"));
  CHECK(watched.get("/livez").status == 200);
  clickhouse().resume();
  CHECK(service.wait_exit_status(seconds(30)) == 0);
}

TEST_CASE("status: answers at once while all workers hang") {
  WatchedScene watched("status_hang");
  Service service(watched.environment);
  REQUIRE(watched.waits_for("/readyz", 200, "ok"));
  const auto workers = service.workers();
  REQUIRE(workers.size() == 2);
  for (const pid_t worker : workers) kill(worker, SIGSTOP);
  std::vector<double> times;
  for (int i = 0; i < 21; ++i) {
    const StatusPage page = watched.get("/metrics");
    CHECK(page.status == 200);
    times.push_back(page.seconds);
  }
  for (const pid_t worker : workers) kill(worker, SIGCONT);
  std::sort(times.begin(), times.end());
  CHECK(times[times.size() / 2] < 0.05);
  CHECK(service.stop() == 0);
}

TEST_CASE("status: its process is started anew when it dies, and the workers do not notice") {
  WatchedScene watched("status_death");
  Service service(watched.environment);
  REQUIRE(watched.waits_for("/readyz", 200, "ok"));
  const auto workers = service.workers();
  const auto server = service.status_server();
  REQUIRE(server);
  kill(*server, SIGKILL);
  CHECK(watched.waits_for("/readyz", 200, "ok"));
  CHECK(service.status_server() != server);
  CHECK(service.workers() == workers);
  CHECK(service.stop() == 0);
}

TEST_CASE("status: the history outlives the workers and the server that tells it") {
  WatchedScene watched("status_history");
  Service service(watched.environment);
  REQUIRE(watched.waits_for("/readyz", 200, "ok"));
  watched.publish(0, 100);
  REQUIRE(watched.waits_for("/history", 200, ",100],\"dead_lettered\":{}", seconds(20)));
  const auto server = service.status_server();
  for (const pid_t worker : service.workers()) kill(worker, SIGKILL);
  service.send(SIGHUP);
  REQUIRE(wait_until([&] { return service.status_server() && service.status_server() != server; },
                     seconds(20)));
  CHECK(watched.waits_for("/history", 200, ",100,100],\"dead_lettered\":{}", seconds(20)));
  CHECK(watched.waits_for("/history", 200, ",\"deaths\":[0,"));
  CHECK(service.stop() == 0);
}

TEST_CASE("status: there is no password in the environment of its process") {
  WatchedScene watched("status_environment");
  const PrivateDirectory directory("status_environment");
  const std::string file = directory.path() + "/password";
  write_file(file, std::string(kClickhousePassword) + "\n");
  watched.environment["CLICKHOUSE_USER"] = kClickhouseUser;
  watched.environment["CLICKHOUSE_PASSWORD_FILE"] = file;
  watched.environment["RABBITMQ_PASSWORD"] = "guest";
  watched.environment["RABBITMQ_DEFAULT_PASS"] = "secret-of-others";
  Service service(watched.environment);
  REQUIRE(service.wait_consuming(2));
  REQUIRE(watched.waits_for("/readyz", 200, "ok"));
  const std::string environment =
      read_file("/proc/" + std::to_string(*service.status_server()) + "/environ");
  CHECK(contains(environment, "RABBITMQ_QUEUE=status_environment_events"));
  CHECK_FALSE(contains(environment, "guest@"));
  CHECK_FALSE(contains(environment, "RABBITMQ_PASSWORD=guest"));
  CHECK_FALSE(contains(environment, "secret-of-others"));
  CHECK_FALSE(contains(environment, file));
  CHECK(service.stop() == 0);
}

TEST_CASE("status: 200 hostile clients neither keep others from answers nor fill the memory") {
  constexpr std::uint64_t kMostBytes = 32 << 20;
  WatchedScene watched("status_hostile");
  Service service(watched.environment);
  REQUIRE(watched.waits_for("/readyz", 200, "ok"));
  const std::string metrics = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
  std::string pipelined;
  while (pipelined.size() < 100'000) pipelined += metrics;
  const std::string requests[] = {
      "G",        // and drips
      metrics,    // and does not take the answer
      pipelined,  // the same, many times
      "GET /metrics HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(100'000, 'x'),
  };
  std::vector<UniqueFd> hostile;
  for (std::size_t i = 0; i < 200; ++i) {
    hostile.push_back(connect_to_status(watched.port));
    const std::string& request = requests[i % std::size(requests)];
    send(hostile.back().get(), request.data(), request.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  double longest = 0;
  for (int i = 0; i < 20; ++i) {
    for (const UniqueFd& client : hostile) send(client.get(), "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    for (const char* path : {"/", "/status", "/metrics", "/livez"}) {
      const StatusPage page = watched.get(path);
      CHECK(page.status == 200);
      longest = std::max(longest, page.seconds);
    }
  }
  const std::uint64_t bytes = rss_bytes(*service.status_server());
  INFO("with 200 hostile clients the longest answer took "
       << longest * 1000 << " ms, and the process has " << bytes / 1024 << " KiB");
  CHECK(bytes > 0);
  CHECK(bytes < kMostBytes);
  CHECK(service.stop() == 0);
}

TEST_CASE("status: a supervisor that stands still is not alive") {
  WatchedScene watched("status_still");
  Service service(watched.environment);
  REQUIRE(watched.waits_for("/readyz", 200, "ok"));
  service.send(SIGSTOP);
  CHECK(watched.waits_for("/livez", 503, "no sign of life", seconds(30)));
  CHECK(run_program(watched.environment, {"status"}).status == 69 << 8);
  service.send(SIGCONT);
  CHECK(watched.waits_for("/livez", 200, "ok"));
  CHECK(service.stop() == 0);
}

TEST_CASE("status: a second instance on the same address") {
  WatchedScene watched("status_second");
  Service first(watched.environment);
  REQUIRE(watched.waits_for("/readyz", 200, "ok"));
  Service second(watched.environment);
  CHECK(second.wait_exit_status(seconds(10)) == 64);
  CHECK(contains(second.log(), "cannot listen on 127.0.0.1:" + std::to_string(watched.port) +
                                   ": Address already in use"));
  CHECK(first.stop() == 0);
}

TEST_CASE("status: a default address that is taken is done without") {
  TestTopology topology("status_default");
  topology.declare_topology();
  Environment environment = topology.environment();
  environment.erase("EVENT_CONSUMER_STATUS_ADDRESS");
  // Whoever is second does without it; somebody else on this machine may be first.
  Service first(environment);
  REQUIRE(first.wait_consuming(2));
  Service second(environment);
  CHECK(second.wait_consuming(2));
  CHECK(contains(second.log(), "no status is served"));
  CHECK(second.stop() == 0);
  CHECK(first.stop() == 0);
}

TEST_CASE("event-consumer status shows the instance, and its absence") {
  WatchedScene watched("status_command");
  Finished shown = run_program(watched.environment, {"status"});
  CHECK(shown.status == 69 << 8);
  CHECK(contains(shown.error_output, "no instance answers at http://127.0.0.1:"));
  Service service(watched.environment);
  REQUIRE(service.wait_consuming(2));
  REQUIRE(watched.waits_for("/readyz", 200, "ok"));
  shown = run_program(watched.environment, {"status"});
  CHECK(shown.ok());
  CHECK(contains(shown.output,
                 "\nqueue status_command_events to table status_command.click_events\n"));
  CHECK(contains(shown.output, "2 of 2 workers consume; RabbitMQ " + rabbitmq().version()));
  CHECK(contains(shown.output, "ClickHouse 18.16.1\nat least once"));
  shown = run_program(watched.environment, {"status", "--json"});
  CHECK(shown.ok());
  CHECK(shown.output.rfind("{\"instance\":\"", 0) == 0);
  shown = run_program(watched.environment, {"status", "--status-address", "off"});
  CHECK(shown.status == 69 << 8);
  CHECK(service.stop() == 0);
}

}  // namespace event_consumer::testing
