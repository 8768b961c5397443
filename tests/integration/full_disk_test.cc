// The disk of ClickHouse is full: a small one that only this ClickHouse sees.
#include <cstdio>

#include "tests/support/catch.h"
#include "tests/support/service.h"
#include "tests/support/small_disk.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {

using std::chrono::seconds;

TEST_CASE("the disk of ClickHouse is full: everything waits until there is room again") {
  if (!own_disks_are_possible()) {
    WARN("left out: only root may mount the small disk that this needs");
    return;
  }
  ClickhouseOptions options;
  options.disk_size = "160m";
  const ClickhouseServer server(options);
  TestTopology topology("full_disk", server);
  topology.declare_topology();
  Service service(topology.environment());
  publish_click_events(topology, 0, 1'000);
  REQUIRE(wait_until([&] { return topology.rows() == 1'000; }, seconds(20)));
  const auto workers = service.workers();

  const std::string filler = server.data_directory() + "/filler";
  fill_disk(filler);
  publish_click_events(topology, 1'000, 20'000);
  const bool refused =
      wait_until([&] { return service.count_in_log("nothing is lost") >= 1; }, seconds(20));
  INFO(service.log());
  CHECK(refused);
  CHECK(service.count_in_log("space") >= 1);
  CHECK(service.count_in_log("cut in halves") == 0);
  REQUIRE(std::remove(filler.c_str()) == 0);
  CHECK(wait_until([&] { return topology.distinct_events() == 20'000; }, seconds(30)));
  CHECK(service.workers() == workers);
  CHECK(AmqpClient(rabbitmq().url()).message_count(topology.dead_letter_queue()) == 0);
  CHECK(service.stop() == 0);
}

}  // namespace event_consumer::testing
