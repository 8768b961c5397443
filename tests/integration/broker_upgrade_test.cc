// From one RabbitMQ to another, queue by queue: how one gets from 3.10 to 4, which neither join in
// a cluster nor read each other's data. With RABBITMQ=4 it is that, else two of the same version.
#include "tests/support/catch.h"
#include "tests/support/click_events.h"
#include "tests/support/service.h"
#include "tests/support/steady_publisher.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

constexpr unsigned kEventsPerSecond = 2'000;
constexpr std::uint64_t kEvents = 10'000;

// Publishes as many events as that at least, and returns how many.
std::uint64_t publish_to(const RabbitmqServer& broker, const std::string& queue,
                         std::uint64_t first_id) {
  SteadyLoad load{kEventsPerSecond};
  load.body = [first_id, events = ClickEvents(52)](std::uint64_t id) {
    return events.json_at(first_id + id);
  };
  SteadyPublisher publisher({broker.url()}, queue, load);
  REQUIRE(wait_until([&] { return publisher.confirmed() >= kEvents; }, seconds(60)));
  publisher.stop();
  return publisher.confirmed();
}

bool is_empty(const RabbitmqServer& broker, const std::string& queue) {
  const QueueCounts counts = broker.queue_counts(queue);
  return counts.ready == 0 && counts.unacknowledged == 0;
}

}  // namespace

TEST_CASE(
    "broker upgrade: what the old one has is stored, then the workers go over to the new one") {
  RabbitmqOptions installed;
  installed.is_installed = true;
  RabbitmqServer old(installed);
  TestTopology topology("upgrade");
  AmqpClient(old.url()).declare_queue(topology.queue());
  AmqpClient(rabbitmq().url())
      .declare_queue(topology.queue(), {{"x-queue-type", std::string("quorum")}});
  Environment environment = topology.environment();
  environment["RABBITMQ_URL"] = old.url() + ',' + rabbitmq().url();
  environment["EVENT_CONSUMER_WORKERS"] = "2";
  Service service(environment);
  REQUIRE(service.wait_consuming(2));

  const std::uint64_t to_old = publish_to(old, topology.queue(), 0);
  const std::uint64_t to_new = publish_to(rabbitmq(), topology.queue(), to_old);
  REQUIRE(wait_until([&] { return is_empty(old, topology.queue()); }, seconds(60)));
  old.stop();
  CHECK(wait_until([&] { return topology.distinct_events() == to_old + to_new; }, seconds(30)));
  INFO(service.log());
  CHECK(topology.rows() == to_old + to_new);
  CHECK(service.stop() == 0);
}

}  // namespace event_consumer::testing
