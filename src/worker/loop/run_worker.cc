#include "worker/loop/run_worker.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <random>
#include <utility>

#include "common/backoff.h"
#include "common/exit_code.h"
#include "common/log.h"
#include "common/log_limiter.h"
#include "common/password_files.h"
#include "common/poll_loop.h"
#include "common/unique_fd.h"
#include "worker/amqp/amqp_dead_letters.h"
#include "worker/amqp/amqp_source.h"
#include "worker/amqp/rabbitmq_diagnosis.h"
#include "worker/background.h"
#include "worker/batch/crash_guard.h"
#include "worker/clickhouse/table_writer.h"
#include "worker/insert/inserter_thread.h"
#include "worker/ledger/identity.h"
#include "worker/ledger/ledger_locks.h"
#include "worker/ledger/ledger_memory.h"
#include "worker/ledger/post_ledger.h"
#include "worker/loop/broker_link.h"
#include "worker/loop/worker_loop.h"
#include "worker/loop/worker_status.h"

namespace event_consumer {
namespace {

constexpr int kHeartbeatMs = 1000;

std::string connection_name(const CommandLine& command_line) {
  const std::string slot =
      command_line.worker_slot > 0 ? " worker " + std::to_string(command_line.worker_slot) : "";
  return "event-consumer" + slot + " pid " + std::to_string(getpid());
}

Result<BrokerLink::Connections> connect(const Options& options, const std::string& name) {
  const QueueSetup setup{options.rabbitmq_exchange, options.rabbitmq_queue,
                         options.rabbitmq_routing_key, options.delivery_limit, options.queue_type};
  const auto explained = [](const Error& error, const AmqpUrl& url) {
    return Error{error.kind, with_remedy(error.message, diagnose_rabbitmq(error, url).remedy),
                 error.peer_code};
  };
  auto source = AmqpSource::open(options.rabbitmq_urls, name, setup);
  if (!source) return explained(source.error(), options.rabbitmq_urls.back());
  const AmqpUrl url = source->url();
  BrokerLink::Connections connections{std::make_unique<AmqpSource>(std::move(*source)), nullptr};
  if (options.dead_letter_queue.empty()) return connections;
  auto dead_letters = AmqpDeadLetters::open(url, name + " dead letters", options.dead_letter_queue,
                                            options.queue_type);
  if (!dead_letters) return explained(dead_letters.error(), url);
  connections.dead_letters = std::make_unique<AmqpDeadLetters>(std::move(*dead_letters));
  return connections;
}

// By itself it is one batch being posted, one waiting and one being filled; more help nobody.
PrefetchWindow make_window(const Options& options, const SettlementLimits& limits) {
  const std::size_t three_batches = std::min<std::size_t>(3 * options.batch_rows, kMostPrefetch);
  return {options.prefetch ? static_cast<std::size_t>(*options.prefetch) : three_batches,
          limits.held_bytes()};
}

BrokerLink::Connecting begin_to_connect(const Options& options, const std::string& name) {
  return BrokerLink::Connecting([options, name] { return connect(options, name); });
}

Result<BrokerLink::Connections> wait_for(BrokerLink::Connecting connecting,
                                         const std::function<void()>& heartbeat) {
  for (;;) {
    heartbeat();
    if (auto made = connecting.take()) return std::move(*made);
    pollfd returned{connecting.fd(), POLLIN, 0};
    poll(&returned, 1, kHeartbeatMs);
  }
}

// A server may come up later than we do: it is waited for in place, for as long as it takes or the
// supervisor's patience lasts. What a server refuses ends the wait.
template <typename T>
Result<T> wait_until_there(const std::function<Result<T>()>& try_once, WorkerState state,
                           WorkerStatus& status) {
  Backoff backoff(std::chrono::milliseconds(100), std::chrono::seconds(3));
  LogLimiter log_limiter;
  for (;;) {
    status.set_state(state, status.record().reason.str(), Clock::now());
    auto made = try_once();
    if (made || !may_pass(made.error().kind)) return made;
    const std::string& why = made.error().message;
    const TimePoint failed_at = Clock::now();
    if (log_limiter.is_news(why, failed_at)) log::warn("{}; tried again until it works", why);
    status.set_last_error(why, failed_at);
    status.set_state(state, why, failed_at);
    for (const TimePoint retry_at = failed_at + backoff.next(); Clock::now() < retry_at;) {
      status.publish(Clock::now());
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(retry_at - Clock::now());
      poll(nullptr, 0, std::clamp(static_cast<int>(left.count()), 0, kHeartbeatMs));
    }
  }
}

// Up to a tenth more, so that workers that share their load are not all replaced at one time.
std::uint64_t with_jitter(std::uint64_t max_events) {
  std::random_device seed;
  return max_events + std::uniform_int_distribution<std::uint64_t>(0, max_events / 10)(seed);
}

// Where the instance's cannot be used, one that nobody else sees.
Result<LedgerMemory> open_ledger(int fd) {
  if (fd < 0) return LedgerMemory::without_sharing();
  auto shared = LedgerMemory::attach(UniqueFd(fd));
  if (shared) return shared;
  log::error("{}; what comes back may be stored twice", shared.error().message);
  return LedgerMemory::without_sharing();
}

// What the start line promises of events.
const char* promise(const TableWriter& table, const LedgerMemory& ledger) {
  if (!table.deduplication().deduplicates || !ledger.is_shared()) return "at least once";
  return ledger.is_file() ? "each event once"
                          : "each event once, unless all processes die together";
}

}  // namespace

Result<Done> run_worker(const CommandLine& command_line, WorkerStatus& status) {
  const Options& options = command_line.resolved.options;
  const auto heartbeat = [&] { status.publish(Clock::now()); };
  auto table = wait_until_there<TableWriter>([&] { return TableWriter::open(options, heartbeat); },
                                             WorkerState::kStarting, status);
  if (!table) return table.error();
  auto encoding = table->encoding();
  if (!encoding) return encoding.error();
  status.set_clickhouse(table->server_report());

  auto memory = open_ledger(command_line.ledger_fd);
  if (!memory) return memory.error();

  const std::string name = connection_name(command_line);
  Options current = options;
  PasswordFile password_file(options.rabbitmq_password_file,
                             options.rabbitmq_urls.front().password);
  const auto begin = [&] {
    // It may have been changed since the last time.
    if (const auto password = password_file.changed())
      for (AmqpUrl& url : current.rabbitmq_urls) url.password = *password;
    return begin_to_connect(current, name);
  };
  status.set_state(WorkerState::kConnecting, "", Clock::now());
  auto first = wait_until_there<BrokerLink::Connections>(
      [&] { return wait_for(begin(), heartbeat); }, WorkerState::kConnecting, status);
  if (!first) return first.error();
  BrokerLink link(std::move(*first), begin);

  // Until now a stop signal ended the process, which held nothing. From here on it asks for a
  // graceful stop. Must come before the first thread, which inherits the mask.
  auto events = PollLoop::open(signal_set({SIGTERM, SIGINT, SIGTSTP, SIGCONT}));
  if (!events) return events.error();
  log::info("moving {}, version {}, into {}; {} ({}); stored means {}", link.source().describe(),
            link.source().server_version(), table->describe(), promise(*table, *memory),
            table->deduplication().explanation, describe(table->stored_in()));
  InserterThread inserter([&table](const Batch& batch) { return table->post(batch); },
                          [&table](bool is_settled) { return table->check_table(is_settled); });
  CrashGuard guard(status.board(), status.address());
  SettlementLimits limits{{options.batch_rows, options.batch_bytes, options.batch_delay}};
  limits.way = way_of({options.rabbitmq_urls.front().virtual_host, options.rabbitmq_queue,
                       options.clickhouse_database, options.clickhouse_table});
  FileLocks locks(memory->fd());
  PostLedger ledger(*memory, locks, 2 * (status.address().slot - 1) + status.address().row,
                    Clock::now());
  Settlement settlement(limits, std::move(*encoding), guard, inserter, ledger);
  const PrefetchWindow window = make_window(options, limits);

  SupervisorPipe supervisor(UniqueFd(command_line.ready_fd),
                            with_jitter(options.worker_max_events));
  auto done = WorkerLoop({*events, link, inserter, settlement, status}, std::move(supervisor),
                         window, {options.stop_timeout, options.hold_timeout})
                  .run();
  // Whoever ends now does not wait for an answer that may never come. The kernel resets the
  // connection, so that the server does not take a part of the rows for the whole.
  if ((settlement.request_under_way() || background_calls() > 0) && done)
    _exit(to_int(ExitCode::kOk));
  return done;
}

}  // namespace event_consumer
