// The proof that anyone can run, as `make chaos` does: the service on servers of its own, faults
// drawn from SEED, a publisher that goes on throughout, and at the end a count of every event.
// EVENTS and FAULTS are shared among the kinds of queue and table, unless QUEUE and TABLE choose
// one. With TAKE the faults are those that take what is in the queue or the table. Exit status 0
// when nothing was lost, and nothing doubled where it must not be.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <memory>
#include <random>
#include <string>

#include "tests/chaos/chaos_run.h"
#include "tests/chaos/report.h"
#include "tests/support/clickhouse_engine.h"
#include "tests/support/clickhouse_server.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

constexpr int kExitInterrupted = 130;

struct Wanted {
  std::uint64_t seed = std::random_device{}();
  std::uint64_t events = 20'000;
  unsigned faults = 30;
  std::vector<FaultKind> kinds;
  std::vector<std::string> queues = {"classic", "quorum"};
  std::vector<TableKind> tables = {TableKind::kDeduplicating, TableKind::kPlain};
};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Those that take events, or all others that are possible.
std::vector<FaultKind> choose_kinds(bool that_take) {
  const bool have_own_disks = enter_own_mounts();
  std::vector<FaultKind> kinds;
  for (const FaultClass& each : fault_classes()) {
    if (takes_events(each.kind) != that_take) continue;
    if (have_own_disks || !needs_own_disk(each.kind))
      kinds.push_back(each.kind);
    else
      std::printf("left out, as only root may mount a disk: %s\n", each.name);
  }
  return kinds;
}

// Throws std::runtime_error for what makes no sense.
Wanted read_wanted() {
  Wanted wanted;
  if (!variable("SEED").empty()) wanted.seed = std::stoull(variable("SEED"));
  if (!variable("EVENTS").empty()) wanted.events = std::stoull(variable("EVENTS"));
  if (!variable("FAULTS").empty())
    wanted.faults = static_cast<unsigned>(std::stoul(variable("FAULTS")));
  wanted.kinds = choose_kinds(!variable("TAKE").empty());
  const std::string queue = variable("QUEUE"), table = variable("TABLE");
  if (queue == "classic" || queue == "quorum")
    wanted.queues = {queue};
  else if (!queue.empty())
    throw std::runtime_error("QUEUE is classic or quorum");
  if (table == "deduplicating" || table == "plain")
    wanted.tables = {table == "plain" ? TableKind::kPlain : TableKind::kDeduplicating};
  else if (!table.empty())
    throw std::runtime_error("TABLE is deduplicating or plain");
  return wanted;
}

class Chaos {
 public:
  explicit Chaos(const Wanted& wanted) : wanted_(wanted), deck_(wanted.seed, wanted.kinds) {
    report_.seed = wanted.seed;
  }

  ChaosReport run() {
    const unsigned runs = static_cast<unsigned>(wanted_.tables.size() * wanted_.queues.size());
    unsigned number = 0;
    for (const TableKind table : wanted_.tables)
      for (const std::string& queue : wanted_.queues) {
        RunPlan plan;
        plan.name = "chaos_" + std::to_string(++number);
        plan.queue_type = queue;
        plan.table_kind = table;
        plan.events = wanted_.events / runs;
        plan.faults = (wanted_.faults + runs - number) / runs;
        run_one(std::move(plan));
      }
    report_.seconds = seconds_since_start();
    return report_;
  }

 private:
  double seconds_since_start() const {
    return std::chrono::duration<double>(Clock::now() - start_).count();
  }

  void run_one(RunPlan plan) {
    plan.on_fault = [this, plan](const Fault& fault) {
      std::printf("%6.1f s  %-7s  %-13s  %-39s %s, recovered in %.1f s\n", seconds_since_start(),
                  plan.queue_type.c_str(),
                  plan.table_kind == TableKind::kPlain ? "plain" : "deduplicating",
                  class_of(fault.kind).name, fault.in_hand ? "in hand" : "idle", fault.seconds);
      std::fflush(stdout);
    };
    if (plan.table_kind == TableKind::kPlain) {
      if (!server_) server_ = std::make_unique<ClickhouseServer>();
      UnderTest<ClickhouseServer> under_test(*server_);
      report_.runs.push_back(ChaosRun(plan, rabbitmq_, *server_, under_test, deck_).run());
    } else {
      if (!engine_) engine_ = std::make_unique<ClickhouseEngine>();
      UnderTest<ClickhouseEngine> under_test(*engine_);
      report_.runs.push_back(ChaosRun(plan, rabbitmq_, *engine_, under_test, deck_).run());
    }
  }

  const Wanted wanted_;
  const TimePoint start_ = Clock::now();
  FaultDeck deck_;
  RabbitmqServer rabbitmq_;
  std::unique_ptr<ClickhouseEngine> engine_;
  std::unique_ptr<ClickhouseServer> server_;
  ChaosReport report_;
};

// Logs stay when something is wrong.
int run_chaos(const Wanted& wanted) {
  std::printf("SEED=%lu EVENTS=%lu FAULTS=%u\n", wanted.seed, wanted.events, wanted.faults);
  std::fflush(stdout);
  Chaos chaos(wanted);
  const ChaosReport report = chaos.run();
  write_file(program_directory() + "/chaos.json", as_json(report));
  std::printf("\n%s", as_text(report).c_str());
  const bool passed = report.findings().empty();
  std::printf("%s, SEED=%lu, %.0f s\n", passed ? "passed" : "FAILED", wanted.seed, report.seconds);
  std::fflush(stdout);
  return passed ? EXIT_SUCCESS : EXIT_FAILURE;
}

int run_with_logs() {
  const std::string logs = program_directory() + "/chaos-logs";
  std::filesystem::remove_all(logs);
  make_directories(logs);
  setenv("TEST_RUN_DIRECTORY", logs.c_str(), /*overwrite=*/0);
  try {
    const int status = run_chaos(read_wanted());
    if (status == EXIT_SUCCESS)
      std::filesystem::remove_all(logs);
    else
      std::printf("the logs are in %s\n", logs.c_str());
    return status;
  } catch (const Interrupted&) {
    std::filesystem::remove_all(logs);
    std::printf("\nInterrupted; everything is stopped and removed.\n");
    return kExitInterrupted;
  } catch (const std::exception& error) {
    std::printf("chaos: %s\nthe logs are in %s\n", error.what(), logs.c_str());
    return EXIT_FAILURE;
  }
}

}  // namespace
}  // namespace event_consumer::testing

int main() {
  using namespace event_consumer::testing;
  catch_interrupts();
  return run_with_logs();
}
