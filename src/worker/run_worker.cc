#include "worker/run_worker.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "common/log.h"
#include "common/unique_fd.h"
#include "worker/clickhouse/insert.h"
#include "worker/clickhouse/table.h"
#include "worker/worker.h"

namespace event_consumer {
namespace {

// What was found out about the target before the first event is taken.
struct Target {
  ClickHouseServer server;
  ServerFacts facts;
  TableName table;
  std::vector<Column> columns;
};

// A batch is one INSERT that names all columns, and so has no way to leave one to its DEFAULT.
Result<Done> refuse_defaults(const Target& target) {
  for (const Column& column : target.columns) {
    if (column.has_default)
      return Error{ExitCode::kConfiguration,
                   "column " + column.name + " of " + target.table.quoted() +
                       " has a DEFAULT expression, which is not supported yet"};
  }
  return Done{};
}

Result<Target> open_target(const Options& options) {
  Target target{{options.clickhouse_host, options.clickhouse_port, options.clickhouse_user,
                 options.clickhouse_password, options.clickhouse_timeout},
                {},
                {options.clickhouse_database, options.clickhouse_table},
                {}};
  ClickHouseHttp http(target.server);
  auto facts = read_server_facts(http);
  if (!facts) return facts.error();
  target.facts = std::move(*facts);
  auto columns = open_table(http, target.facts, target.table, options.create_table);
  if (!columns) return columns.error();
  target.columns = std::move(*columns);
  if (auto writable = refuse_defaults(target); !writable) return writable.error();
  return target;
}

std::string connection_name(const CommandLine& command_line) {
  const std::string slot =
      command_line.worker_slot > 0 ? " worker " + std::to_string(command_line.worker_slot) : "";
  return "event-consumer" + slot + " pid " + std::to_string(getpid());
}

Result<AmqpSource> open_source(const Options& options, const std::string& name) {
  const QueueTopology topology{options.rabbitmq_exchange, options.rabbitmq_queue,
                               options.rabbitmq_routing_key};
  return AmqpSource::open(options.rabbitmq_url, name, topology,
                          static_cast<std::uint16_t>(options.prefetch));
}

// Until now a stop signal ended the process, which held nothing. From here on it asks for a
// graceful stop. Must come before the first thread, which inherits the mask.
UniqueFd receive_stop_signals() {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  UniqueFd fd(signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) throw std::system_error(errno, std::generic_category(), "signalfd");
  return fd;
}

void log_start(const Target& target, const AmqpSource& source) {
  std::string names;
  for (const Column& column : target.columns) names += (names.empty() ? "" : ", ") + column.name;
  log::info("consuming {} into {} ({}) on {}, version {}", source.describe(), target.table.quoted(),
            names, target.server.describe(), target.facts.version);
}

}  // namespace

Result<Done> run_worker(const CommandLine& command_line) {
  const Options& options = command_line.resolved.options;
  UniqueFd ready_fd(command_line.ready_fd);
  const auto target = open_target(options);
  if (!target) return target.error();
  auto encoder = RowEncoder::create(target.value().columns, options.required_columns);
  if (!encoder) return encoder.error();

  const std::string name = connection_name(command_line);
  auto source = open_source(options, name);
  if (!source) return source.error();
  std::optional<AmqpDeadLetters> dead_letters;
  if (!options.dead_letter_queue.empty()) {
    auto opened = AmqpDeadLetters::open(options.rabbitmq_url, name + " dead letters",
                                        options.dead_letter_queue);
    if (!opened) return opened.error();
    dead_letters.emplace(std::move(*opened));
  }

  const UniqueFd signals = receive_stop_signals();
  Insert insert(target.value().server, target.value().facts,
                insert_query(target.value().table, target.value().columns));
  InserterThread inserter([&insert](const Batch& batch) { return insert.post(batch); });
  const PipelineLimits limits{{options.batch_rows, options.batch_bytes, options.batch_delay},
                              static_cast<std::size_t>(options.prefetch)};
  AmqpDeadLetters* sink = dead_letters ? &*dead_letters : nullptr;
  Pipeline pipeline(limits, std::move(*encoder), *source, sink, inserter);

  log_start(target.value(), *source);
  Worker worker({*source, sink, inserter, pipeline, signals.get()}, std::move(ready_fd),
                options.stop_timeout);
  auto result = worker.run();
  // Whoever ends now does not wait for an answer that may never come. The kernel resets the
  // connection, so that the server does not take a part of the rows for the whole.
  if (pipeline.insert_under_way()) {
    if (!result) log::error("{}", result.error().message);
    _exit(to_int(result ? ExitCode::kOk : result.error().exit_code));
  }
  return result;
}

}  // namespace event_consumer
