#include "tests/chaos/fault_actions.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <ctime>
#include <stdexcept>

#include "tests/chaos/chaos_events.h"
#include "tests/chaos/hands.h"
#include "tests/support/proc.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A worker that is there: any, where none is known to have a batch.
pid_t some_worker(std::optional<pid_t> victim, const Service& service) {
  if (victim) return *victim;
  const std::vector<pid_t> workers = service.workers();
  if (workers.empty()) throw std::runtime_error("there is no worker");
  return workers.front();
}

void kill_one(pid_t pid) { kill(pid, SIGKILL); }

}  // namespace

void FaultActions::pass_time(unsigned least_ms, unsigned most_ms) {
  const TimePoint end = Clock::now() + milliseconds(deck_.number(least_ms, most_ms));
  wait_until([&] { return Clock::now() >= end; }, seconds(60));
}

std::optional<pid_t> FaultActions::wait_for_hands() const {
  std::optional<pid_t> found;
  wait_until(
      [&] {
        for (const Hands& hands : look_at_hands(on_.instance.status_port()))
          if (hands.hold_batch()) found = hands.worker;
        return found.has_value();
      },
      seconds(3));
  return found;
}

void FaultActions::stop_worker(pid_t worker) const {
  kill(worker, SIGSTOP);
  if (wait_until([&] { return !is_alive(worker); }, seconds(30))) return;
  kill(worker, SIGKILL);
  throw std::runtime_error("the watchdog does not end a worker that hangs");
}

void FaultActions::reload() {
  unsigned workers = on_.instance.workers();
  while (workers == on_.instance.workers()) workers = deck_.number(1, ChaosInstance::kMostWorkers);
  on_.instance.reload(workers);
  const auto are_there = [&] { return on_.instance.service().workers().size() == workers; };
  if (!wait_until(are_there, seconds(30)))
    throw std::runtime_error("a reload does not change the number of workers");
}

void FaultActions::step_clock() {
  OwnClock& clock = on_.instance.clock();
  const std::array<int, 4> steps = {-3600, -5, 5, 3600};
  const int step = steps[deck_.number(0, steps.size() - 1)];
  clock.set_ahead(clock.seconds_ahead() + step);
  const auto is_seen = [&clock](double lag) {
    const double is_ahead = kTimeOfEvents + lag - static_cast<double>(std::time(nullptr));
    return std::abs(is_ahead - clock.seconds_ahead()) < 3;
  };
  const auto is_seen_by_all = [&] {
    const std::vector<double> lags = event_lags(on_.instance.status_port());
    return !lags.empty() && std::all_of(lags.begin(), lags.end(), is_seen);
  };
  if (!wait_until(is_seen_by_all, seconds(30)))
    throw std::runtime_error("the workers do not see their clock stepped");
}

void FaultActions::fill_state() {
  const StateDisk& disk = on_.instance.state_disk();
  disk.fill();
  pass_time(200, 2000);
  on_.instance.kill();
  start_instance();
  disk.make_room();
}

// It does not start, as it could not write anything down; and a service manager tries it again.
void FaultActions::start_read_only() {
  const StateDisk& disk = on_.instance.state_disk();
  on_.instance.kill();
  disk.set_read_only(true);
  const bool is_refused = on_.instance.is_refused();
  disk.set_read_only(false);
  start_instance();
  if (!is_refused) throw std::runtime_error("the service starts without a place for its ledger");
}

void FaultActions::pause(ServerUnderTest& server) {
  server.pause();
  pass_time(500, 4000);
  server.resume();
}

void FaultActions::lose_servers(pid_t worker) const {
  on_.to_rabbitmq.lose_servers([&](int port) { return owner_of_port({worker}, port).has_value(); });
}

// As a service manager does it when it has ended.
void FaultActions::start_instance() {
  on_.instance.start();
  on_.trap.set_supervisor(on_.instance.service().pid());
}

bool FaultActions::spring_trap(FaultKind kind) {
  // What does not kill meets a batch again when it is posted again.
  const bool kills = kind >= FaultKind::kKillAtFirstBytes;
  const int times = kills ? 1 : static_cast<int>(deck_.number(1, 3));
  on_.trap.arm(kind, times, std::chrono::microseconds(deck_.number(0, 3000)));
  wait_until([&] { return on_.trap.struck() >= times; }, seconds(30));
  on_.trap.disarm();
  if (on_.trap.missed()) throw std::runtime_error("a connection that is no worker's");
  if (on_.trap.struck() > 0) return true;
  throw std::runtime_error(std::string("nothing passes on the wire to strike: ") +
                           class_of(kind).name);
}

void FaultActions::restart(ServerUnderTest& server) const {
  server.stop();
  server.start();
}

void FaultActions::kill_and_start(ServerUnderTest& server) const {
  server.kill();
  server.start();
}

void FaultActions::delete_queue() {
  taken_ = on_.queue.remove();
  if (!on_.queue.comes_back()) throw std::runtime_error("the service does not declare its queue");
}

void FaultActions::drop_table() {
  taken_.counts = on_.table.drop();
  pass_time(500, 4000);
  on_.table.make_again();
}

void FaultActions::slow_links() {
  const milliseconds time(deck_.number(20, 200));
  for (TcpProxy* proxy : {&on_.to_rabbitmq, &on_.to_clickhouse}) proxy->delay(time);
  pass_time(1000, 2000);
  for (TcpProxy* proxy : {&on_.to_rabbitmq, &on_.to_clickhouse}) proxy->delay(milliseconds(0));
}

void FaultActions::stall_links() {
  for (TcpProxy* proxy : {&on_.to_rabbitmq, &on_.to_clickhouse}) proxy->stall();
  pass_time(500, 4000);
  for (TcpProxy* proxy : {&on_.to_rabbitmq, &on_.to_clickhouse}) proxy->resume();
}

void FaultActions::cut_links() const {
  for (TcpProxy* proxy : {&on_.to_rabbitmq, &on_.to_clickhouse}) proxy->cut_links();
}

bool FaultActions::carry_out(FaultKind kind) {
  if (is_on_wire(kind)) return spring_trap(kind);
  const std::optional<pid_t> victim = wait_for_hands();
  if (kind <= FaultKind::kReadOnlyState)
    strike_processes(kind, victim);
  else if (kind <= FaultKind::kDropTable)
    strike_servers(kind);
  else
    strike_links(kind, victim);
  return victim.has_value();
}

void FaultActions::strike_processes(FaultKind kind, std::optional<pid_t> victim) {
  const Service& service = on_.instance.service();
  if (kind == FaultKind::kKillWorker) return kill_one(some_worker(victim, service));
  if (kind == FaultKind::kKillAllWorkers)
    for (const pid_t worker : service.workers()) kill_one(worker);
  if (kind == FaultKind::kKillStatus)
    if (const auto server = service.status_server()) kill_one(*server);
  if (kind == FaultKind::kKillInstance) on_.instance.kill();
  if (kind == FaultKind::kKillSupervisor) on_.instance.kill_supervisor();
  if (kind == FaultKind::kKillInstance || kind == FaultKind::kKillSupervisor) start_instance();
  if (kind == FaultKind::kStopWorker) stop_worker(some_worker(victim, service));
  if (kind == FaultKind::kReload) reload();
  if (kind == FaultKind::kStepClock) step_clock();
  if (kind == FaultKind::kFillState) fill_state();
  if (kind == FaultKind::kReadOnlyState) start_read_only();
}

void FaultActions::strike_servers(FaultKind kind) {
  if (kind == FaultKind::kPauseClickhouse) pause(on_.clickhouse);
  if (kind == FaultKind::kRestartClickhouse) restart(on_.clickhouse);
  if (kind == FaultKind::kKillClickhouse) kill_and_start(on_.clickhouse);
  if (kind == FaultKind::kPauseRabbitmq) pause(on_.rabbitmq);
  if (kind == FaultKind::kRestartRabbitmq) restart(on_.rabbitmq);
  if (kind == FaultKind::kKillRabbitmq) kill_and_start(on_.rabbitmq);
  if (kind == FaultKind::kAlterTable) on_.table.add_column();
  if (kind == FaultKind::kDeleteQueue) delete_queue();
  if (kind == FaultKind::kDropTable) drop_table();
}

void FaultActions::strike_links(FaultKind kind, std::optional<pid_t> victim) {
  if (kind == FaultKind::kDelay) slow_links();
  if (kind == FaultKind::kStall) stall_links();
  if (kind == FaultKind::kCutLinks) cut_links();
  if (kind == FaultKind::kLoseServers) lose_servers(some_worker(victim, on_.instance.service()));
}

}  // namespace event_consumer::testing
