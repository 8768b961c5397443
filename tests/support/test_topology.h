// TestTopology: what one integration test works on: the broker and the ClickHouse of this run, and
// names of its own for everything in them, so that tests do not meet. Also the environment that an
// operator would give the service for it.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/amqp_client.h"
#include "tests/support/clickhouse_server.h"
#include "tests/support/process.h"
#include "tests/support/rabbitmq_server.h"

namespace event_consumer::testing {

// The servers of this run, which also speak TLS with certificates().good(), started when first
// asked for and stopped at its end.
RabbitmqServer& rabbitmq();
ClickhouseServer& clickhouse();

// A user of clickhouse() with a password.
constexpr char kClickhouseUser[] = "writer";
constexpr char kClickhousePassword[] = "clickhouse-secret-71";
// One without a password who may only read.
constexpr char kClickhouseReader[] = "reader";

class TestTopology {
 public:
  // Names are made from `name`, which must be good as a queue's and a database's. Servers that an
  // earlier test left stopped or paused run again: what fails there shall fail there alone.
  explicit TestTopology(const std::string& name);
  // With another ClickHouse than that of this run; it must outlive the topology.
  TestTopology(const std::string& name, const ClickhouseEndpoint& clickhouse);
  // Removes queues and database.
  ~TestTopology();

  const std::string& exchange() const { return exchange_; }
  const std::string& queue() const { return queue_; }
  std::string dead_letter_queue() const { return queue_ + ".dead"; }
  const std::string& database() const { return database_; }
  // «database.click_events».
  std::string table() const { return database_ + ".click_events"; }

  // Declares exchange, queue and binding as the publisher does.
  void declare_topology();

  // Points the service at this topology; every option of it can be overridden.
  Environment environment() const;

  // The statement that creates the table as it is now.
  std::string create_statement() const;
  // Runs such a statement while a service looks for the table: under another name, from which the
  // table is renamed into place. ClickHouse 18.16 dies when an INSERT meets the CREATE of its
  // table.
  void create_in_place(std::string statement) const;

  // Rows in the table, and how many different events they are. Both 0 when there is no table yet.
  std::uint64_t rows() const;
  std::uint64_t distinct_events() const;
  // The ids of the stored events, `from` this one on, in ascending order, each as often as it is
  // stored.
  std::vector<std::uint64_t> stored_ids(std::uint64_t from = 0) const;

 private:
  TestTopology(const std::string& name, const ClickhouseEndpoint& clickhouse,
               ClickhouseServer* shared);

  bool table_exists() const;

  // Makes the servers run that an earlier test, or this one, left stopped or paused, and says which
  // had gone, and how.
  void ensure_servers() const;

  const ClickhouseEndpoint& clickhouse_;
  ClickhouseServer* shared_;  // null: clickhouse_ is another one
  std::string exchange_;
  std::string queue_;
  std::string database_;
};

// The environment with one worker, and no column required.
Environment without_required(const TestTopology& topology);

// Publishes the bodies that `body_of` makes for the ids from `first` to `last`, excluding `last`,
// and waits until the broker has confirmed them.
template <typename BodyOf>
void publish_confirmed(AmqpClient& client, const TestTopology& topology, std::uint64_t first,
                       std::uint64_t last, const BodyOf& body_of) {
  for (std::uint64_t id = first; id < last; ++id)
    client.publish(topology.exchange(), topology.queue(), body_of(id));
  if (!client.wait_for_confirms(std::chrono::seconds(60)))
    throw std::runtime_error("the broker did not confirm what was published");
}

// The same with the click events of a seed.
void publish_click_events(const TestTopology& topology, std::uint64_t first, std::uint64_t last,
                          std::uint64_t seed = 1);

}  // namespace event_consumer::testing
