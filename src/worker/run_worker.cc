#include "worker/run_worker.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "common/log.h"
#include "common/password_files.h"
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

Result<Target> open_target(ClickHouseHttp& http, const Options& options) {
  Target target{{}, {}, {options.clickhouse_database, options.clickhouse_table}, {}};
  auto facts = read_server_facts(http);
  if (!facts) return facts.error();
  target.facts = std::move(*facts);
  auto columns = open_table(http, target.facts, target.table, options.create_table);
  if (!columns) return columns.error();
  target.columns = std::move(*columns);
  target.server = http.server();
  return target;
}

// Asks each server once, until one is not away.
Result<Target> open_first_target(const Options& options) {
  ClickHouseHttp http(clickhouse_server(options));
  for (std::size_t left = options.clickhouse_hosts.size();; --left) {
    const int change = http.server_changes();
    auto target = open_target(http, options);
    if (target || left == 1 || http.server_changes() == change) return target;
  }
}

// RowBinary does not name its types: rows encoded for other columns would be stored as garbage.
Result<ServerFacts> meet_server(ClickHouseHttp& http, const Options& options,
                                const std::vector<Column>& columns) {
  const auto target = open_target(http, options);
  if (!target) return target.error();
  const auto same = [](const Column& a, const Column& b) {
    return a.name == b.name && a.type.name == b.type.name;
  };
  const auto& found = target.value().columns;
  if (std::equal(found.begin(), found.end(), columns.begin(), columns.end(), same))
    return target.value().facts;
  return Error{ExitCode::kConfiguration, "table " + target.value().table.quoted() + " on " +
                                             target.value().server.describe() +
                                             " has other columns than on the server before it"};
}

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

Result<Links> open_links(const Options& options, const std::string& name) {
  const QueueTopology topology{options.rabbitmq_exchange, options.rabbitmq_queue,
                               options.rabbitmq_routing_key};
  auto source = AmqpSource::open(options.rabbitmq_urls, name, topology,
                                 static_cast<std::uint16_t>(options.prefetch));
  if (!source) return source.error();
  if (options.dead_letter_queue.empty()) return Links{std::move(*source), std::nullopt};
  auto dead_letters =
      AmqpDeadLetters::open(source->url(), name + " dead letters", options.dead_letter_queue);
  if (!dead_letters) return dead_letters.error();
  return Links{std::move(*source), std::move(*dead_letters)};
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
  log::info("moving {} into {} ({}) on {}, version {}", source.describe(), target.table.quoted(),
            names, target.server.describe(), target.facts.version);
}

}  // namespace

Result<Done> run_worker(const CommandLine& command_line) {
  const Options& options = command_line.resolved.options;
  UniqueFd ready_fd(command_line.ready_fd);
  const auto target = open_first_target(options);
  if (!target) return target.error();
  auto encoder = RowEncoder::create(target.value().columns, options.required_columns);
  if (!encoder) return encoder.error();

  const std::string name = connection_name(command_line);
  auto links = open_links(options, name);
  if (!links) return links.error();
  AmqpSource& source = links->source;
  AmqpDeadLetters* dead_letters = links->dead_letters ? &*links->dead_letters : nullptr;
  // Assigned in place, so that whoever refers to them goes on with the new ones. The password may
  // have been changed since the last time.
  const auto reconnect = [&]() -> Result<Done> {
    Options current = options;
    if (auto done = read_password_files(current); !done) return done;
    auto anew = open_links(current, name);
    if (!anew) return anew.error();
    *links = std::move(*anew);
    return Done{};
  };

  const UniqueFd signals = receive_stop_signals();
  Insert insert(
      target.value().server, target.value().facts,
      insert_query(target.value().table, target.value().columns),
      [&](ClickHouseHttp& http) { return meet_server(http, options, target.value().columns); });
  InserterThread inserter([&insert](const Batch& batch) { return insert.post(batch); });
  const PipelineLimits limits{{options.batch_rows, options.batch_bytes, options.batch_delay},
                              static_cast<std::size_t>(options.prefetch)};
  Pipeline pipeline(limits, std::move(*encoder), source, dead_letters, inserter);

  log_start(target.value(), source);
  Worker({source, dead_letters, inserter, pipeline, reconnect, signals.get()}, std::move(ready_fd),
         options.stop_timeout)
      .run();
  // Whoever ends now does not wait for an answer that may never come. The kernel resets the
  // connection, so that the server does not take a part of the rows for the whole.
  if (pipeline.insert_under_way()) _exit(to_int(ExitCode::kOk));
  return Done{};
}

}  // namespace event_consumer
