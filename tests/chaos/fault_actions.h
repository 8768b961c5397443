// FaultActions: carries faults out, each while a batch is in hand, and ends them.
#pragma once

#include <chrono>
#include <optional>
#include <utility>

#include "tests/chaos/chaos_instance.h"
#include "tests/chaos/chaos_queue.h"
#include "tests/chaos/chaos_table.h"
#include "tests/chaos/fault_deck.h"
#include "tests/chaos/server_under_test.h"
#include "tests/chaos/wire_trap.h"
#include "tests/support/tcp_proxy.h"

namespace event_consumer::testing {

// What faults are done to.
struct FaultTargets {
  ChaosInstance& instance;
  ServerUnderTest& rabbitmq;
  ServerUnderTest& clickhouse;
  ChaosTable& table;
  ChaosQueue& queue;
  TcpProxy& to_rabbitmq;
  TcpProxy& to_clickhouse;
  WireTrap& trap;
};

class FaultActions {
 public:
  // All must live longer.
  FaultActions(const FaultTargets& targets, FaultDeck& deck) : on_(targets), deck_(deck) {}

  // Returns when the fault is over: what was killed or stopped is started again, by us where
  // nobody else does it. Returns whether a batch was in hand at its beginning; it is waited for,
  // but not for long. Throws std::runtime_error when the fault cannot be carried out.
  bool carry_out(FaultKind kind);
  // What the fault took with it.
  Taken taken() { return std::exchange(taken_, {}); }

 private:
  // A worker that holds a batch. Nothing: none does, or the status says nothing.
  std::optional<pid_t> wait_for_hands() const;
  void strike_processes(FaultKind kind, std::optional<pid_t> victim);
  void strike_servers(FaultKind kind);
  void strike_links(FaultKind kind, std::optional<pid_t> victim);
  void stop_worker(pid_t worker) const;
  void reload();
  void step_clock();
  void fill_state();
  void start_read_only();
  void start_instance();
  void pause(ServerUnderTest& server);
  void restart(ServerUnderTest& server) const;
  void kill_and_start(ServerUnderTest& server) const;
  void delete_queue();
  void drop_table();
  void slow_links();
  void stall_links();
  void cut_links() const;
  void lose_servers(pid_t worker) const;
  bool spring_trap(FaultKind kind);
  // Lets a drawn time pass.
  void pass_time(unsigned least_ms, unsigned most_ms);

  FaultTargets on_;
  FaultDeck& deck_;
  Taken taken_;
};

}  // namespace event_consumer::testing
