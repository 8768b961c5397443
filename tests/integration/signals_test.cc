// What an operator can send to the supervisor, and what it does with real workers.
#include <signal.h>

#include "tests/support/accounting.h"
#include "tests/support/click_events.h"
#include "tests/support/proc.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

// An instance of two workers behind a tap, and a publisher.
struct Instance {
  explicit Instance(const std::string& name, const Environment& more = {})
      : topology(name), tap(rabbitmq().port()), client(rabbitmq().url()) {
    topology.declare_topology();
    client.enable_confirms();
    Environment environment = topology.environment();
    environment["RABBITMQ_URL"] = tap.url();
    environment["EVENT_CONSUMER_BATCH_DELAY"] = "0.1";
    for (const auto& [variable, text] : more) environment[variable] = text;
    service.emplace(environment);
    REQUIRE(service->wait_consuming(2));
  }

  void publish(std::uint64_t count) {
    publish_confirmed(client, topology, published, published + count,
                      [&](std::uint64_t id) { return events.json_at(id); });
    published += count;
  }
  bool all_stored() const {
    return wait_until([&] { return topology.rows() == published; }, seconds(30));
  }
  // And the workers know.
  bool all_acknowledged() {
    return wait_until(
        [&] {
          service->send(SIGUSR1);
          const auto logged = last_logged_counters(service->log());
          return logged && logged->holds() && logged->inserted == published;
        },
        seconds(10));
  }
  bool logs(const std::string& text, std::size_t times = 1) const {
    return wait_until([&] { return service->count_in_log(text) >= times; }, seconds(20));
  }
  bool has_workers(std::size_t count) const {
    return wait_until([&] { return service->workers().size() == count; }, seconds(20));
  }
  bool has_consumers(std::uint32_t count) {
    return wait_until([&] { return client.consumer_count(topology.queue()) == count; },
                      seconds(20));
  }

  TestTopology topology;
  WireTap tap;
  AmqpClient client;
  ClickEvents events{51};
  std::uint64_t published = 0;
  std::optional<Service> service;
};

}  // namespace

TEST_CASE("SIGTERM and SIGINT stop in order") {
  const int signal = GENERATE(SIGTERM, SIGINT);
  Instance instance("stop_by_" + std::to_string(signal));
  instance.publish(1000);
  REQUIRE(instance.all_stored());
  instance.service->send(signal);
  CHECK(instance.service->wait_exit_status(seconds(10)) == 0);
  CHECK(instance.service->count_in_log("exited with status 0 (done)") == 2);
  check_accounting(*instance.service, instance.topology, instance.tap);
}

TEST_CASE("a second SIGTERM does not wait for ClickHouse") {
  Instance instance("stop_twice");
  clickhouse().pause();
  instance.publish(1000);
  const bool taken = wait_until(
      [&] { return instance.client.message_count(instance.topology.queue()) == 0; }, seconds(20));
  instance.service->send(SIGTERM);
  const bool stopping = instance.logs("stopping (signal 15 (TERM) from process ");
  // What follows within a second is the same one, sent twice.
  const auto status = [&] {
    std::optional<int> ended;
    wait_until(
        [&] {
          instance.service->send(SIGTERM);
          return (ended = instance.service->wait_exit_status(seconds(0))).has_value();
        },
        seconds(6));
    return ended;
  }();
  clickhouse().resume();
  CHECK(taken);
  CHECK(stopping);
  CHECK(status == 0);
  CHECK(instance.service->count_in_log("while stopping: killed worker 1 (process ") == 1);
  CHECK(instance.service->count_in_log(" 2 had to be killed; exit status 0") == 1);
  // Killed with 1000 in hand, which the broker has back.
  const auto logged = last_logged_counters(instance.service->log());
  REQUIRE(logged);
  CHECK(logged->holds());
  CHECK(logged->returned == 1000);
  CHECK(wait_until([&] { return instance.client.message_count(instance.topology.queue()) == 1000; },
                   seconds(10)));
}

TEST_CASE("SIGTTIN and SIGTTOU: one worker more, one fewer, and never none") {
  Instance instance("one_more");
  instance.service->send(SIGTTIN);
  CHECK(instance.has_consumers(3));
  CHECK(instance.has_workers(3));
  instance.publish(1000);
  CHECK(instance.all_stored());
  for (std::size_t workers = 2; workers >= 1; --workers) {
    instance.service->send(SIGTTOU);
    CHECK(instance.has_consumers(static_cast<std::uint32_t>(workers)));
    CHECK(instance.has_workers(workers));
  }
  instance.service->send(SIGTTOU);
  CHECK(instance.logs("the last worker stays"));
  CHECK(instance.has_workers(1));
  // As many as the options say again.
  instance.service->send(SIGHUP);
  CHECK(instance.logs("reloaded: 2 workers"));
  CHECK(instance.has_consumers(2));
  CHECK(instance.service->stop() == 0);
  check_accounting(*instance.service, instance.topology, instance.tap);
  CHECK(instance.service->count_in_log("restart in") == 0);
}

TEST_CASE("SIGTSTP takes nothing more, SIGCONT goes on, also with workers started between") {
  Instance instance("pause");
  instance.service->send(SIGTSTP);
  CHECK(instance.has_consumers(0));
  instance.publish(1000);
  // One more worker does not take anything either, nor one that comes back from a death.
  instance.service->send(SIGTTIN);
  CHECK(instance.has_workers(3));
  kill(instance.service->workers().front(), SIGKILL);
  REQUIRE(instance.service->wait_consuming(4));
  CHECK(instance.client.consumer_count(instance.topology.queue()) == 0);
  CHECK(instance.client.message_count(instance.topology.queue()) == 1000);
  instance.service->send(SIGCONT);
  CHECK(instance.has_consumers(3));
  CHECK(instance.all_stored());
  CHECK(instance.service->stop() == 0);
  check_accounting(*instance.service, instance.topology, instance.tap);
}

TEST_CASE("a stop works in a pause too") {
  Instance instance("stop_in_pause");
  instance.service->send(SIGTSTP);
  CHECK(instance.has_consumers(0));
  CHECK(instance.service->stop(seconds(5)) == 0);
}

TEST_CASE("SIGUSR1 writes the state to the log") {
  Instance instance("state");
  instance.publish(1000);
  REQUIRE(instance.all_stored());
  CHECK(instance.all_acknowledged());
  CHECK(instance.service->count_in_log(
            "2 of 2 workers consume; received 1000 = inserted 1000 + ") >= 1);
  CHECK(instance.service->count_in_log("worker 2: process ") >= 1);
  CHECK(instance.service->stop() == 0);
}

TEST_CASE("a worker that hangs is ended by the watchdog and replaced, and nothing is lost") {
  Instance instance("hang", {{"EVENT_CONSUMER_WORKER_TIMEOUT", "5"}});
  const auto before = instance.service->workers();
  instance.publish(1000);
  // The table does not deduplicate.
  REQUIRE(instance.all_acknowledged());
  // Stopped it takes its share of what comes and says nothing.
  kill(before.front(), SIGSTOP);
  instance.publish(2000);
  REQUIRE(instance.logs("no sign of life for "));
  REQUIRE(instance.logs("does not end by SIGABRT, killed"));
  REQUIRE(instance.service->wait_consuming(3));
  CHECK(instance.all_stored());
  CHECK(instance.service->workers().size() == 2);
  CHECK(std::count(before.begin(), before.end(), instance.service->workers().front()) +
            std::count(before.begin(), before.end(), instance.service->workers().back()) ==
        1);
  CHECK(instance.service->count_in_log("restart in") == 1);
  CHECK(instance.service->stop() == 0);
  const auto logged = last_logged_counters(instance.service->log());
  REQUIRE(logged);
  CHECK(logged->inserted == 3000);
  // What lay unread in its socket, it never received.
  CHECK(logged->received <= instance.tap.deliveries());
}

TEST_CASE("a worker that crashes again and again is called a crash loop, the other goes on") {
  Instance instance("crash_loop");
  const pid_t other = instance.service->workers().back();
  for (std::size_t deaths = 1; deaths <= 5; ++deaths) {
    REQUIRE(instance.service->wait_consuming(deaths + 1));
    REQUIRE(instance.has_workers(2));
    for (const pid_t worker : instance.service->workers())
      if (worker != other) kill(worker, SIGSEGV);
    REQUIRE(instance.logs("killed by signal 11 (SEGV)", deaths));
  }
  CHECK(instance.logs(": a crash loop, 5 deaths in a row without a minute of consuming"));
  // Nothing shall lie unread in the socket of a worker that is dead.
  REQUIRE(instance.has_consumers(1));
  REQUIRE(instance.has_consumers(2));
  instance.publish(1000);
  CHECK(instance.all_stored());
  instance.service->send(SIGUSR1);
  CHECK(instance.logs(", 5 deaths in a row; received "));
  CHECK(instance.logs(", restarts 5"));
  CHECK(instance.service->stop() == 0);
  check_accounting(*instance.service, instance.topology, instance.tap);
}

TEST_CASE("a worker that waits for a slow ClickHouse does not hang") {
  Instance instance("slow", {{"EVENT_CONSUMER_WORKER_TIMEOUT", "5"}});
  const auto before = instance.service->workers();
  clickhouse().pause();
  instance.publish(1000);
  const auto end = Clock::now() + seconds(12);
  wait_until([&] { return Clock::now() >= end; }, seconds(13));
  clickhouse().resume();
  CHECK(instance.service->workers() == before);
  CHECK(wait_until([&] { return instance.topology.distinct_events() == 1000; }, seconds(40)));
  CHECK(instance.service->stop() == 0);
}

}  // namespace event_consumer::testing
