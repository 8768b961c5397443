// ChaosRun: one queue and one table with the service between them, a publisher that goes on
// throughout, and faults one after the other, each of which is waited out. At the end everything
// drains, and each event is counted.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/chaos/chaos_instance.h"
#include "tests/chaos/chaos_table.h"
#include "tests/chaos/chaos_verdict.h"
#include "tests/chaos/fault_actions.h"
#include "tests/support/rabbitmq_server.h"
#include "tests/support/steady_publisher.h"

namespace event_consumer::testing {

struct RunPlan {
  std::string name;        // good as that of a queue and a database
  std::string queue_type;  // classic, quorum
  TableKind table_kind;
  std::uint64_t events;  // at least; more, where faults last longer
  unsigned faults;
  // Is told of each fault when it is over.
  std::function<void(const Fault&)> on_fault;
};

class ChaosRun {
 public:
  // Starts the service and the publisher. The servers must live longer; `clickhouse` is the one
  // behind `endpoint`. Throws std::runtime_error when it does not get so far.
  ChaosRun(const RunPlan& plan, RabbitmqServer& rabbitmq, const ClickhouseEndpoint& endpoint,
           ServerUnderTest& clickhouse, FaultDeck& deck);
  ~ChaosRun();

  // Throws std::runtime_error when a fault cannot be carried out or the service does not stop in
  // order.
  RunResult run();

 private:
  // Whether events move again: how long it took until one was stored that was published from now
  // on. Nothing: none is.
  std::optional<double> recover() const;
  // Whether all is stored that was confirmed of the ids from `first` to `last`, excluding `last`.
  bool is_stored(std::uint64_t first, std::uint64_t last) const;
  // Waits until all is settled that has been delivered by now. Whether it is.
  bool settles() const;
  // With nothing published meanwhile.
  bool pause_and_settle();
  // Waits until so many events are confirmed: as long as it goes on at all. Whether they are.
  bool publish_until(std::uint64_t events);
  // One after the other, until one is not recovered from.
  void carry_out_faults();
  // The next one; false: it is not recovered from.
  bool carry_out_next();
  void publish_the_rest();
  void drain();
  std::uint32_t messages_left() const;
  void look_around();
  Observed observe() const;
  Counts take_dead_letters() const;
  // What must not be, beside events that are lost or doubled.
  void hang(const std::string& what) { result_.hangs.push_back(what); }

  RunPlan plan_;
  RabbitmqServer& rabbitmq_;
  UnderTest<RabbitmqServer> rabbitmq_under_test_;
  ChaosTable table_;
  ChaosQueue queue_;
  WireTrap trap_;
  TcpProxy to_rabbitmq_;
  TcpProxy to_clickhouse_;
  ChaosInstance instance_;
  FaultDeck& deck_;
  FaultActions actions_;
  std::optional<SteadyPublisher> publisher_;
  std::uint64_t stored_below_ = 0;  // all that was confirmed is, or may be taken
  RunResult result_;
};

}  // namespace event_consumer::testing
