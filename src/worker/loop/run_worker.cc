#include "worker/loop/run_worker.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <optional>
#include <random>
#include <system_error>
#include <utility>

#include "common/log.h"
#include "common/password_files.h"
#include "common/unique_fd.h"
#include "worker/amqp/rabbitmq_diagnosis.h"
#include "worker/batch/crash_guard.h"
#include "worker/clickhouse/table_writer.h"
#include "worker/loop/worker_loop.h"
#include "worker/loop/worker_status.h"

namespace event_consumer {
namespace {

std::string connection_name(const CommandLine& command_line) {
  const std::string slot =
      command_line.worker_slot > 0 ? " worker " + std::to_string(command_line.worker_slot) : "";
  return "event-consumer" + slot + " pid " + std::to_string(getpid());
}

// The two connections to the broker. They are lost and made together: a delivery that the one took
// may wait for the other.
struct Links {
  AmqpSource source;
  std::optional<AmqpDeadLetters> dead_letters;
};

// `heartbeat` is called before each step that may take its time.
Result<Links> open_links(const Options& options, const std::string& name,
                         const std::function<void()>& heartbeat) {
  const QueueSetup topology{options.rabbitmq_exchange, options.rabbitmq_queue,
                            options.rabbitmq_routing_key};
  const auto explained = [](const Error& error, const AmqpUrl& url) {
    return Error{error.kind, with_remedy(error.message, diagnose_rabbitmq(error, url).remedy)};
  };
  auto source = AmqpSource::open(options.rabbitmq_urls, name, topology,
                                 static_cast<std::uint16_t>(options.prefetch), heartbeat);
  if (!source) return explained(source.error(), options.rabbitmq_urls.back());
  if (options.dead_letter_queue.empty()) return Links{std::move(*source), std::nullopt};
  heartbeat();
  auto dead_letters =
      AmqpDeadLetters::open(source->url(), name + " dead letters", options.dead_letter_queue);
  if (!dead_letters) return explained(dead_letters.error(), source->url());
  return Links{std::move(*source), std::move(*dead_letters)};
}

// Until now a stop signal ended the process, which held nothing. From here on it asks for a
// graceful stop. Must come before the first thread, which inherits the mask.
UniqueFd receive_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGTSTP, SIGCONT}) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  UniqueFd fd(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) throw std::system_error(errno, std::generic_category(), "signalfd");
  return fd;
}

// Up to a tenth more, so that workers that share their load are not all replaced at one time.
std::uint64_t with_jitter(std::uint64_t max_events) {
  std::random_device seed;
  return max_events + std::uniform_int_distribution<std::uint64_t>(0, max_events / 10)(seed);
}

}  // namespace

Result<Done> run_worker(const CommandLine& command_line, WorkerStatus& row) {
  const Options& options = command_line.resolved.options;
  UniqueFd supervisor_fd(command_line.ready_fd);
  row.set_state(WorkerState::kStarting, "", Clock::now());
  const auto heartbeat = [&] { row.publish(Clock::now()); };
  auto target = TableWriter::open(options, heartbeat);
  if (!target) return target.error();
  auto encoding = target->encoding();
  if (!encoding) return encoding.error();
  const auto report_server = [&] {
    row.record().clickhouse_version.set(target->server_version());
    row.record().deduplication =
        target->deduplication().noticed ? Deduplication::kYes : Deduplication::kNo;
  };
  report_server();

  const std::string name = connection_name(command_line);
  row.set_state(WorkerState::kConnecting, "", Clock::now());
  auto links = open_links(options, name, heartbeat);
  if (!links) return links.error();
  AmqpSource& source = links->source;
  row.record().rabbitmq_version.set(source.server_version());
  AmqpDeadLetters* dead_letters = links->dead_letters ? &*links->dead_letters : nullptr;
  // Assigned in place, so that whoever refers to them goes on with the new ones. The password may
  // have been changed since the last time.
  const auto reconnect = [&]() -> Result<Done> {
    Options current = options;
    if (auto done = read_password_files(current); !done) return done;
    auto anew = open_links(current, name, heartbeat);
    if (!anew) return anew.error();
    *links = std::move(*anew);
    row.record().rabbitmq_version.set(links->source.server_version());
    return Done{};
  };

  const UniqueFd signals = receive_signals();
  log::info("moving {}, version {}, into {}; {} ({})", source.describe(), source.server_version(),
            target->describe(), target->deduplication().noticed ? "each once" : "at least once",
            target->deduplication().words);
  InserterThread inserter([&target](const Batch& batch) { return target->post(batch); },
                          [&target] { return target->check_table(); });
  const SettlementLimits limits{{options.batch_rows, options.batch_bytes, options.batch_delay},
                                static_cast<std::size_t>(options.prefetch)};
  CrashGuard guard(row.board(), row.address());
  Settlement settlement(limits, std::move(*encoding), guard, source, dead_letters, inserter);

  WorkerLoop(
      {source, dead_letters, inserter, settlement, row, reconnect, report_server, signals.get()},
      std::move(supervisor_fd), options.stop_timeout, options.hold_timeout,
      with_jitter(options.worker_max_events))
      .run();
  // Whoever ends now does not wait for an answer that may never come. The kernel resets the
  // connection, so that the server does not take a part of the rows for the whole.
  if (settlement.request_under_way()) _exit(to_int(ExitCode::kOk));
  return Done{};
}

}  // namespace event_consumer
