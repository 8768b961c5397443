#include "common/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <utility>

#include "common/config_files.h"
#include "common/environment.h"
#include "common/option_parsers.h"
#include "common/read_options.h"
#include "common/terminal.h"
#include "common/text.h"
#include "common/unknown_argument.h"

namespace event_consumer {
namespace {

// Lines that fit the terminal; CLI11's own are as long as their text.
class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter() : width_(std::clamp<std::size_t>(terminal_width(), 60, 120)) {}

  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    return entry(make_option_name(option, is_positional) + make_option_opts(option),
                 make_option_desc(option));
  }
  std::string make_subcommand(const CLI::App* command) const override {
    return entry(command->get_display_name(true), command->get_description());
  }
  std::string make_description(const CLI::App* app) const override {
    return wrapped(CLI::Formatter::make_description(app), width_) + "\n";
  }
  std::string make_footer(const CLI::App* app) const override {
    return wrapped(app->get_footer(), width_) + "\n";
  }

 private:
  std::string entry(const std::string& name, const std::string& description) const {
    constexpr std::size_t kIndent = 30;
    std::string start = "  " + name;
    // A name that reaches into the descriptions has a line of its own.
    if (start.size() + 2 > kIndent) start += "\n";
    const std::size_t used = start.back() == '\n' ? 0 : start.size();
    start.append(kIndent - used, ' ');
    return start + wrapped(description, width_, kIndent, kIndent) + "\n";
  }

  std::size_t width_;
};

std::string describe(const OptionRow& row) {
  const std::string fallback = *row.default_text == '\0' ? "empty" : row.default_text;
  const std::string alias = row.alias == nullptr ? "" : std::string(row.alias) + " or ";
  return std::string(row.help) + "\n[" + alias + row.variable + ", default: " + fallback + "]";
}

void add_flags(CLI::App& app, Settings& flags) {
  for (const OptionRow& row : option_table()) {
    if (row.flag == nullptr) continue;
    const std::string variable = row.variable;
    CLI::Option* option = app.add_option_function<std::string>(
        std::string("--") + row.flag,
        [&flags, variable](const std::string& text) { flags[variable] = text; }, describe(row));
    option->type_name(row.value_name);
    if (row.repeats) option->join(',');
  }
}

// What CLI11 fills and what is made of it only after the parse.
struct Texts {
  Settings flags;
  std::vector<std::string> config;
  std::optional<std::string> instance;
  std::optional<std::string> limit;
  std::optional<std::string> reason;
  std::optional<std::string> sample;
  bool print_config = false;
};

void add_text(CLI::App& app, const char* flag, std::optional<std::string>& text,
              const char* value_name, const char* help) {
  app.add_option_function<std::string>(
         flag, [&text](const std::string& given) { text = given; }, help)
      ->type_name(value_name);
}

void add_config_flags(CLI::App& app, Texts& texts) {
  app.add_option("--config", texts.config,
                 std::string("file of NAME=value lines with the variables' names, or a directory "
                             "of such files (*.conf); may be given several times\n[") +
                     kConfigVariable +
                     ", default: none; for commands /etc/default/event-consumer and "
                     "/etc/event-consumer]")
      ->type_name("PATH")
      ->allow_extra_args(false);
  add_text(app, "--instance", texts.instance, "NAME",
           "the file of an instance, /etc/default/event-consumer-NAME");
}

void add_limit(CLI::App& app, Texts& texts) {
  add_text(app, "--limit", texts.limit, "N", "the first N only");
}

void add_reason(CLI::App& app, Texts& texts) {
  add_text(app, "--reason", texts.reason, "REASON",
           "those of this reason only (missing_field, bad_value, ...)");
}

CLI::App* add_command(CLI::App& parent, CommandLine& command_line, Command command,
                      const char* name, const char* help) {
  CLI::App* added = parent.add_subcommand(name, help);
  added->final_callback([&command_line, command] { command_line.command = command; });
  return added;
}

void add_commands(CLI::App& app, CommandLine& command_line, Texts& texts) {
  // Commands take over what the parent has when they are added.
  app.fallthrough();
  app.footer("The options of event-consumer --help may stand here too.");
  CLI::App* check = add_command(app, command_line, Command::kCheck, "check",
                                "tries options, ClickHouse and RabbitMQ, and changes nothing");
  add_text(*check, "--sample", texts.sample, "FILE",
           "shows what the messages in it would become, instead of trying RabbitMQ; one a line");
  check->add_flag("--strict", command_line.check.strict, "fails for a line with ! too");
  CLI::App* letters =
      app.add_subcommand("dead-letters", "looks at the rejected messages, or empties their queue");
  letters->require_subcommand(1);
  CLI::App* list = add_command(*letters, command_line, Command::kListDeadLetters, "list",
                               "shows them, the oldest first; all of them stay");
  list->add_flag("--json", command_line.dead_letters.json, "one JSON object a line");
  list->add_flag("--summary", command_line.dead_letters.summary,
                 "how many there are of each reason and column");
  CLI::App* replay = add_command(*letters, command_line, Command::kReplayDeadLetters, "replay",
                                 "publishes them again to where they came from");
  CLI::App* drop = add_command(*letters, command_line, Command::kDropDeadLetters, "drop",
                               "throws them away, without asking");
  for (CLI::App* choosing : {list, replay, drop}) {
    add_reason(*choosing, texts);
    add_limit(*choosing, texts);
  }
}

// What a worker gets from its supervisor.
void add_supervisors_options(CLI::App& app, CommandLine& command_line) {
  const char* given = "given by the supervisor";
  app.add_option("--slot", command_line.worker_slot, given)->check(CLI::Range(1, kMostWorkers));
  app.add_option("--row", command_line.worker_row, given)->check(CLI::Range(0, 1));
  app.add_option("--ready-fd", command_line.ready_fd, given);
  app.add_option("--scoreboard-fd", command_line.scoreboard_fd, given);
  app.add_option("--ledger-fd", command_line.ledger_fd, given);
  app.add_option("--notes", command_line.check.notes, given);
}

void add_status_command(CLI::App& app, CommandLine& command_line) {
  CLI::App* status = add_command(app, command_line, Command::kStatus, "status",
                                 "shows the instance that runs at --status-address");
  CLI::Option* watch = status->add_flag("--watch", command_line.status.watch, "again and again");
  status->add_flag("--json", command_line.status.json, "one JSON object, for scripts")
      ->excludes(watch);
}

// What the supervisor gives to itself; a group without a name is not shown.
void add_own_options(CLI::App& app, CommandLine& command_line) {
  const std::string hidden;
  app.add_flag("--serve-status", command_line.serve_status)->group(hidden);
  app.add_option("--listen-fd", command_line.listen_fd)->group(hidden);
  app.add_option("--scoreboard-fd", command_line.scoreboard_fd)->group(hidden);
}

// Which files the options are to be read from. Returns what is wrong, or nothing.
ParseError choose_config(CommandLine& command_line, const Texts& texts, bool is_worker,
                         const std::string& root) {
  const char* path = std::getenv(kConfigVariable);
  command_line.config_origin = Origin::kFlag;
  if (texts.instance) {
    if (!texts.config.empty()) return "--instance goes with no --config";
    std::string name;
    if (const auto wrong = parse_name(*texts.instance, name)) return "--instance: " + *wrong;
    if (contains(name, "/")) return "--instance: '" + name + "': expected a name, and no path";
    command_line.config_paths = {instance_config_path(root, name)};
  } else if (!texts.config.empty()) {
    command_line.config_paths = texts.config;
  } else if (path != nullptr) {
    command_line.config_origin = Origin::kEnvironment;
    command_line.config_paths = {path};
  } else {
    command_line.config_origin = Origin::kDefault;
    if (command_line.command != Command::kRun && !is_worker)
      command_line.config_paths = service_config_paths(root);
  }
  // An empty name stands for no file.
  auto& paths = command_line.config_paths;
  paths.erase(std::remove(paths.begin(), paths.end(), ""), paths.end());
  return std::nullopt;
}

// What CLI11 does not check. Returns what is wrong, or nothing.
ParseError finish(CommandLine& command_line, const Texts& texts) {
  DeadLetterArguments& letters = command_line.dead_letters;
  if (texts.limit) {
    const auto wrong = parse_whole_number(*texts.limit, 1, 1'000'000'000, letters.limit);
    if (wrong) return "--limit: '" + *texts.limit + "': " + *wrong;
  }
  if (texts.reason) {
    // An unset variable of a script must not throw away everything.
    if (const auto wrong = parse_name(*texts.reason, letters.reason)) return "--reason: " + *wrong;
    if (const auto wrong = refuse_unknown_reason(letters.reason)) return "--reason: " + *wrong;
  }
  if (texts.sample)
    if (const auto wrong = parse_name(*texts.sample, command_line.check.sample))
      return "--sample: " + *wrong;
  if (!texts.print_config) return std::nullopt;
  if (command_line.command != Command::kRun) return "--print-config goes with no command";
  command_line.command = Command::kPrintConfig;
  return std::nullopt;
}

// Every flag and command that may stand in this place.
void add_known_words(const CLI::App& app, std::vector<std::string>& words) {
  for (const CLI::Option* option : app.get_options())
    if (!option->get_group().empty())
      for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    words.push_back(command->get_name());
  for (const CLI::App* given : app.get_subcommands()) add_known_words(*given, words);
}

// What CLI11 could not place.
std::string describe_unknown(const CLI::App& app) {
  std::vector<std::string> words;
  add_known_words(app, words);
  return describe_unknown_argument(app.remaining(/*recurse=*/true).at(0), words);
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

}  // namespace

std::optional<CommandLine> read_command_line(int argc, char** argv, Program program,
                                             ExitCode& exit_code, const std::string& root) {
  const bool is_worker = program == Program::kWorker;
  CLI::App app(is_worker ? "One worker of event-consumer; its supervisor starts it."
                         : "Moves JSON events from a RabbitMQ queue into a ClickHouse table and "
                           "loses none.",
               is_worker ? "event-consumer-worker" : "event-consumer");
  app.set_version_flag("--version", "event-consumer " EVENT_CONSUMER_VERSION);
  app.formatter(std::make_shared<HelpFormatter>());
  CommandLine command_line;
  Texts texts;
  add_config_flags(app, texts);
  add_flags(app, texts.flags);
  add_commands(app, command_line, texts);
  app.footer(
      "CLICKHOUSE_PASSWORD and RABBITMQ_PASSWORD are read from the environment or the "
      "configuration file only.\n"
      "A flag wins over the environment, the environment over the file.");
  if (is_worker) {
    add_supervisors_options(app, command_line);
  } else {
    app.add_flag("--print-config", texts.print_config,
                 "shows every option's value and where it comes from");
    add_status_command(app, command_line);
    add_own_options(app, command_line);
  }

  const auto refuse = [&](const std::string& message) {
    std::cerr << app.get_name() << ": " << message << "\n";
    exit_code = ExitCode::kUsage;
    return std::nullopt;
  };
  std::vector<std::string> arguments = arguments_in_reverse(argc, argv);
  // CLI11 reads a command behind it and leaves it out: the service would run in its place.
  if (contains(arguments, "--")) return refuse(describe_unknown_argument("--", {}));
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::Success& success) {  // --help, --version
    app.exit(success);
    exit_code = ExitCode::kOk;
    return std::nullopt;
  } catch (const CLI::ExtrasError&) {
    return refuse(describe_unknown(app));
  } catch (const CLI::RequiredError& error) {
    const std::string what = error.what();
    return refuse(app.remaining_size(/*recurse=*/true) == 0 ? what + " (see --help)"
                                                            : what + ": " + describe_unknown(app));
  } catch (const CLI::ParseError& error) {
    return refuse(std::string(error.what()) + " (see --help)");
  }
  if (const auto given = app.get_subcommands(); given.size() > 1)
    return refuse("one command at a time: " + given[0]->get_name() + " or " + given[1]->get_name());
  if (const auto wrong = finish(command_line, texts)) return refuse(*wrong);
  if (const auto wrong = choose_config(command_line, texts, is_worker, root)) return refuse(*wrong);
  command_line.flags = std::move(texts.flags);
  auto resolved = read_options(command_line);
  if (!resolved) return refuse(resolved.error().message);
  command_line.resolved = std::move(*resolved);
  exit_code = ExitCode::kOk;
  return command_line;
}

}  // namespace event_consumer
