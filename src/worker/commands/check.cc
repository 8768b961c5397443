#include "worker/commands/check.h"

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "worker/commands/check_clickhouse.h"
#include "worker/commands/check_rabbitmq.h"
#include "worker/commands/check_sample.h"

namespace event_consumer {
namespace {

// Invalid ones were refused before: this is about those that do not fit each other.
void check_options(const Options& options, Report& report) {
  report.good("options: all valid; event-consumer --print-config shows them");
  for (const AmqpUrl& url : options.rabbitmq_urls)
    for (const auto& name : url.unknown_parameters)
      report.note("parameter " + name + " in RABBITMQ_URL is not known and has no effect");
  const int prefetch = options.prefetch.value_or(kMostPrefetch);
  if (static_cast<std::size_t>(prefetch) < options.batch_rows)
    report.note(fmt::format(
        "--prefetch {} is less than --batch-rows {}: no batch will have more messages "
        "than the prefetch",
        options.prefetch ? std::to_string(prefetch) : fmt::format("auto ({})", prefetch),
        options.batch_rows));
  if (options.hold_timeout <= options.clickhouse_timeout)
    report.note(fmt::format(
        "--hold-timeout {} is no longer than --clickhouse-timeout {}: events go back to the queue "
        "while the answer to their insert is still waited for",
        options.hold_timeout.count(), options.clickhouse_timeout.count()));
}

// systemd makes it when the service starts, so that it need not be there yet.
void check_state_directory(const std::string& directory, Report& report) {
  if (directory.empty() || access((directory + "/.").c_str(), W_OK | X_OK) == 0) return;
  report.note(fmt::format("state directory {}: {}: a start ends with 64 unless that has changed",
                          directory, std::strerror(errno)));
}

}  // namespace

ExitCode run_check(const Options& options, const CheckArguments& arguments,
                   const std::optional<std::string>& sample, std::ostream& out) {
  Report report(out, arguments.strict, arguments.notes);
  check_options(options, report);
  check_state_directory(options.state_directory, report);
  const std::vector<Column> columns = check_clickhouse(options, report);
  if (sample)
    check_sample(options, columns, *sample, report);
  else
    check_rabbitmq(options, report);
  report.close();
  return report.exit_code();
}

}  // namespace event_consumer
