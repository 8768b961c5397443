// FaultRun: one fault with load going on: a queue of the cluster, two instances of the service with
// two workers each that begin at different nodes, a table of ClickHouse, and a publisher. It counts
// each event at the end, by its id, and adds the row of the table.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/cluster/fault_table.h"
#include "tests/support/amqp_client.h"
#include "tests/support/rabbitmq_cluster.h"
#include "tests/support/service.h"
#include "tests/support/steady_publisher.h"
#include "tests/support/test_topology.h"

namespace event_consumer::testing {

// The cluster of this run, started when first asked for and stopped at its end.
RabbitmqCluster& cluster();

enum class QueueKind {
  kClassic,   // on one node
  kMirrored,  // classic, on all nodes by a policy; none in RabbitMQ 4
  kQuorum,
};

const char* name_of(QueueKind kind);

// Those that the cluster of this run knows.
std::vector<QueueKind> queue_kinds();

// Where events are stored: in all tables of the run's database whose names begin with click_events.
struct EventStore {
  // Those of CLICKHOUSE_HOST. In the end each has all.
  std::vector<ClickhouseServer*> hosts = {&clickhouse()};
  // Null: the service creates database and table.
  std::function<void(const std::string& database)> create_table = nullptr;
};

struct FaultOptions {
  EventStore store;
  QueueArguments arguments;  // of the queue, beside its kind's
  Environment environment;   // of the service, beside what it needs
  std::string vhost = "/";
  std::string user = "guest";
  std::string password = "guest";
};

// Lets a fault last so long, whatever the service says of it.
bool wait_for(Duration time);

// For destructors: does it, as far as that can be done. What is left goes with the servers, at the
// end of the run.
void clean_up(const std::function<void()>& what);

class FaultRun {
 public:
  static constexpr std::size_t kInstances = 2;
  static constexpr std::size_t kWorkers = 2;
  // The node that has the queue, or its leader: none that an instance is connected to at first.
  static constexpr std::size_t kHome = 2;

  // All is there and moves events: the cluster is whole, the services consume, and a part of the
  // load is stored. `fault` is the text for the table. Throws std::runtime_error when it does not
  // get so far.
  FaultRun(const std::string& fault, QueueKind kind, const FaultOptions& options = {});
  ~FaultRun();

  const std::string& queue() const { return name_; }
  const std::string& database() const { return name_; }
  std::string dead_letter_queue() const { return name_ + ".dead"; }
  Service& service(std::size_t number) { return *services_.at(number); }
  SteadyPublisher& load() { return *load_; }

  // Waits until an event is stored that is published from now on; the longest such time is in the
  // table. What the log says counts from the first fault() on.
  void fault() { from_now_ = log_sizes(); }
  bool recovers(Duration timeout = std::chrono::seconds(90));
  // Whether all that was confirmed so far is stored, on each host.
  bool drains(Duration timeout = std::chrono::seconds(90));
  // Whether so many lines of either log say it since fault().
  bool wait_for_log(const std::string& text, std::size_t times = 1,
                    Duration timeout = std::chrono::seconds(30));

  // Whether the broker confirms nothing any more.
  bool load_stalls(Duration timeout = std::chrono::seconds(30));
  // As with the host that the instance is on; its log is gone too.
  void kill_instance(std::size_t number) { services_.at(number).reset(); }

  // Publishes what is left of EVENTS, waits until all is stored, stops the services, counts, and
  // adds the row. Fails the test when an event is lost, or dead-lettered unless `expects_dead`.
  void finish(bool expects_dead = false);

 private:
  void declare(const FaultOptions& options);
  void start_services(const FaultOptions& options);
  std::vector<std::size_t> log_sizes() const;
  std::string log_since_fault() const;
  std::uint64_t stored_from(std::uint64_t id) const;
  std::set<std::uint64_t> take_dead_letters() const;
  std::string query(const ClickhouseServer& host, const std::string& what) const;
  bool has_all(const ClickhouseServer& host, std::uint64_t confirmed) const;
  void count(const ClickhouseServer& host, const std::vector<std::uint64_t>& confirmed,
             const std::set<std::uint64_t>& dead);

  FaultRow row_;
  QueueKind kind_;
  std::string name_;  // of queue and database
  std::string vhost_;
  EventStore store_;
  std::vector<std::unique_ptr<Service>> services_;  // null: killed
  std::optional<SteadyPublisher> load_;
  std::vector<std::size_t> from_now_;
};

}  // namespace event_consumer::testing
