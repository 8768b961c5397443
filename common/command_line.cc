#include "common/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "common/config_file.h"
#include "common/password_files.h"
#include "common/redact.h"

namespace event_consumer {
namespace {

constexpr const char* kConfigVariable = "EVENT_CONSUMER_CONFIG";

std::string describe(const OptionRow& row) {
  const std::string fallback = *row.default_text == '\0' ? "empty" : row.default_text;
  return std::string(row.help) + "\n[" + row.variable + ", default: " + fallback + "]";
}

Settings read_environment() {
  Settings settings;
  for (const OptionRow& row : option_table())
    if (const char* text = std::getenv(row.variable)) settings[row.variable] = text;
  return settings;
}

void add_flags(CLI::App& app, Settings& flags) {
  for (const OptionRow& row : option_table()) {
    if (row.flag == nullptr) continue;
    const std::string variable = row.variable;
    app.add_option_function<std::string>(
           std::string("--") + row.flag,
           [&flags, variable](const std::string& text) { flags[variable] = text; }, describe(row))
        ->type_name(row.value_name);
  }
}

// As CLI11 takes them. It reads «--flag=» as a flag without a value and then takes the next
// argument for it; an empty argument of its own is the same to everybody else.
std::vector<std::string> arguments_in_reverse(int argc, char** argv) {
  std::vector<std::string> arguments;
  for (int i = 1; i < argc; ++i) {
    std::string argument = argv[i];
    const bool is_empty_value = argument.size() > 3 && argument.substr(0, 2) == "--" &&
                                argument.find('=') == argument.size() - 1;
    if (is_empty_value) argument.pop_back();
    arguments.push_back(std::move(argument));
    if (is_empty_value) arguments.emplace_back();
  }
  std::reverse(arguments.begin(), arguments.end());
  return arguments;
}

Result<ResolvedOptions> resolve(const Settings& flags, const std::string& config_file) {
  Settings file;
  if (!config_file.empty()) {
    auto read = read_config_file(config_file);
    if (!read) return read.error();
    file = std::move(*read);
  }
  auto resolved = resolve_options(flags, read_environment(), file);
  if (!resolved) return resolved.error();
  if (auto done = read_password_files(resolved->options); !done) return done.error();
  return resolved;
}

}  // namespace

std::optional<CommandLine> read_command_line(int argc, char** argv, Program program,
                                             ExitCode& exit_code) {
  const bool is_worker = program == Program::kWorker;
  CLI::App app(is_worker ? "One worker of event-consumer; its supervisor starts it."
                         : "Moves JSON events from a RabbitMQ queue into a ClickHouse table and "
                           "loses none.",
               is_worker ? "event-consumer-worker" : "event-consumer");
  app.set_version_flag("--version", "event-consumer " EVENT_CONSUMER_VERSION);
  app.footer(
      "CLICKHOUSE_PASSWORD is read from the environment or the configuration file only.\n"
      "A flag wins over the environment, the environment over the file.");
  CommandLine command_line;
  Settings flags;
  if (const char* path = std::getenv(kConfigVariable)) command_line.config_file = path;
  app.add_option("--config", command_line.config_file,
                 std::string("file of NAME=value lines with the variables' names\n[") +
                     kConfigVariable + ", default: none]")
      ->type_name("FILE");
  add_flags(app, flags);
  if (is_worker) {
    app.add_option("--slot", command_line.worker_slot, "given by the supervisor");
    app.add_option("--ready-fd", command_line.ready_fd, "given by the supervisor");
  }

  const auto refuse = [&](const std::string& message) {
    std::cerr << app.get_name() << ": " << message << "\n";
    exit_code = ExitCode::kUsage;
    return std::nullopt;
  };
  try {
    app.parse(arguments_in_reverse(argc, argv));
  } catch (const CLI::Success& success) {  // --help, --version
    app.exit(success);
    exit_code = ExitCode::kOk;
    return std::nullopt;
  } catch (const CLI::ExtrasError&) {
    // What follows an unknown flag may be a password.
    const std::string unknown = app.remaining().at(0);
    return refuse("unknown argument " + redact_url(unknown.substr(0, unknown.find('='))) +
                  " (see --help)");
  } catch (const CLI::ParseError& error) {
    return refuse(std::string(error.what()) + " (see --help)");
  }
  auto resolved = resolve(flags, command_line.config_file);
  if (!resolved) return refuse(resolved.error().message);
  command_line.resolved = std::move(*resolved);
  exit_code = ExitCode::kOk;
  return command_line;
}

}  // namespace event_consumer
