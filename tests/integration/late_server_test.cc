// Servers that come up later than the service, and what is said when a start is given up.
#include <sys/socket.h>
#include <sys/un.h>

#include <array>

#include "common/text.h"
#include "common/unique_fd.h"
#include "tests/support/catch.h"
#include "tests/support/click_events.h"
#include "tests/support/files.h"
#include "tests/support/service.h"
#include "tests/support/status_page.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

// The workers of the service wait where they are for the server, which is stopped: none has died,
// none was started again.
template <typename Server>
void check_that_it_is_waited_for(Server& server, Service& service, const std::string& cause) {
  REQUIRE(wait_until([&] { return service.count_in_log(cause) >= 2; }, seconds(20)));
  const std::vector<pid_t> workers = service.workers();
  CHECK(workers.size() == 2);
  CHECK(service.count_in_log("tried again until it works") >= 2);
  server.start();
  CHECK(service.wait_consuming(2, seconds(60)));
  INFO(service.log());
  CHECK(service.workers() == workers);
  CHECK(service.count_in_log("restart in") == 0);
  CHECK(service.count_in_log("crash loop") == 0);
  CHECK(service.stop() == 0);
}

// systemd's end of the notification socket.
class NotifySocket {
 public:
  NotifySocket() : socket_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  std::string path() const { return directory_.path() + "/socket"; }

  // What `systemctl status` shows as the status of a service that has ended.
  std::string last_status() const {
    std::array<char, 4096> bytes;
    std::string last;
    for (ssize_t got; (got = recv(socket_.get(), bytes.data(), bytes.size(), 0)) > 0;) {
      const std::string message(bytes.data(), static_cast<std::size_t>(got));
      if (starts_with(message, "STATUS=")) last = message;
    }
    return last;
  }

 private:
  PrivateDirectory directory_{"notify"};
  UniqueFd socket_;
};

}  // namespace

TEST_CASE("ClickHouse comes up after the service: it is waited for in place") {
  TestTopology topology("late_clickhouse");
  clickhouse().stop();
  Service service(topology.environment());
  check_that_it_is_waited_for(clickhouse(), service, "cannot reach ClickHouse");
}

TEST_CASE("RabbitMQ comes up after the service: it is waited for in place") {
  TestTopology topology("late_rabbitmq");
  rabbitmq().stop();
  Service service(topology.environment());
  check_that_it_is_waited_for(rabbitmq(), service, "cannot connect to RabbitMQ");
}

TEST_CASE("who gives up a start says why in the same line, and to systemd at last") {
  TestTopology topology("given_up");
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_START_TIMEOUT"] = "3";
  const auto [name, value, status, cause] =
      GENERATE_COPY(table<std::string, std::string, int, std::string>(
          {{"RABBITMQ_URL", rabbitmq().url("/", "guest", "wrong"), 78, "ACCESS_REFUSED"},
           {"CLICKHOUSE_PORT", "1", 69, "cannot reach ClickHouse"}}));
  environment[name] = value;
  const NotifySocket systemd;
  environment["NOTIFY_SOCKET"] = systemd.path();
  Service service(environment);
  CHECK(service.wait_exit_status(seconds(20)) == status);
  const std::string log = service.log();
  INFO(log);
  const auto at = log.find("giving up with status " + std::to_string(status));
  REQUIRE(at != std::string::npos);
  CHECK(contains(log.substr(at, log.find('\n', at) - at), cause));
  const std::string shown = systemd.last_status();
  CHECK(starts_with(shown, "STATUS=gave up: start timeout; "));
  CHECK(contains(shown, cause));
}

TEST_CASE("ClickHouse was away: the log says when it is back, and the status that it is over") {
  TestTopology topology("back");
  topology.declare_topology();
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_WORKERS"] = "1";
  const int port = serve_status(environment);
  const auto page_says = [port](const std::string& path, const std::string& text) {
    return wait_until([&] { return contains(get_status_page(port, path).content, text); },
                      seconds(10));
  };
  Service service(environment);
  REQUIRE(service.wait_consuming(1));
  clickhouse().stop();
  AmqpClient client(rabbitmq().url());
  client.publish(topology.exchange(), topology.queue(), ClickEvents().json_at(0));
  REQUIRE(
      wait_until([&] { return service.count_in_log("cannot reach ClickHouse") > 0; }, seconds(20)));
  CHECK(page_says("/status", "\"last_error_over_seconds_ago\":null"));
  clickhouse().start();
  CHECK(wait_until([&] { return topology.rows() == 1; }, seconds(60)));
  CHECK(wait_until([&] { return service.count_in_log("ClickHouse takes inserts again") == 1; },
                   seconds(5)));
  CHECK(service.count_in_log("what had been wrong: ") == 1);
  CHECK(wait_until(
      [&] {
        return !contains(get_status_page(port, "/status").content,
                         "\"last_error_over_seconds_ago\":null");
      },
      seconds(10)));
  CHECK(page_says("/metrics",
                  "event_consumer_reconnects_total{worker=\"1\",peer=\"clickhouse\"} 1\n"));
}

TEST_CASE("a summary of rejected messages comes in time, without another rejection") {
  TestTopology topology("summary");
  topology.declare_topology();
  Environment environment = topology.environment();
  environment["EVENT_CONSUMER_WORKERS"] = "1";
  AmqpClient client(rabbitmq().url());
  for (int i = 0; i < 5; ++i) client.publish(topology.exchange(), topology.queue(), "rubbish");
  Service service(environment);
  CHECK(wait_until(
      [&] { return service.count_in_log("4 messages rejected since the last such line") == 1; },
      seconds(30)));
}

}  // namespace event_consumer::testing
