#include "common/resolve_options.h"

#include <algorithm>
#include <utility>

#include "common/text.h"

namespace event_consumer {
namespace {

// The text that applies to a row, where it stands, and under which of the row's names.
struct Found {
  std::string text;
  Origin origin;
  const char* variable;
};

Found find_text(const OptionRow& row, const Settings& flags, const Settings& environment,
                const Settings& file, const Options& options) {
  const std::pair<const Settings&, Origin> places[] = {
      {flags, Origin::kFlag}, {environment, Origin::kEnvironment}, {file, Origin::kFile}};
  for (const auto& [settings, origin] : places) {
    for (const char* variable : {row.alias, row.variable}) {
      if (variable == nullptr) continue;
      const auto at = settings.find(variable);
      if (at != settings.end()) return {at->second, origin, variable};
    }
  }
  const std::string text =
      row.derived_default != nullptr ? row.derived_default(options) : row.default_text;
  return {text, Origin::kDefault, row.variable};
}

std::string describe(const OptionRow& row, const Found& found,
                     const std::map<std::string, std::string>& places) {
  switch (found.origin) {
    case Origin::kFlag:
      return std::string("--") + row.flag;
    case Origin::kEnvironment:
      return std::string("environment variable ") + found.variable;
    case Origin::kFile:
      return std::string(found.variable) + " in " +
             (places.count(found.variable) > 0 ? places.at(found.variable)
                                               : "the configuration file");
    case Origin::kDefault:
      break;
  }
  return std::string("default of ") + row.variable;
}

// The process list shows every flag to everybody.
std::optional<std::string> password_in_flag(const Settings& flags) {
  const auto flag = flags.find("RABBITMQ_URL");
  if (flag == flags.end()) return std::nullopt;
  // The options may have the password of RABBITMQ_PASSWORD by now.
  const auto urls = parse_amqp_urls(flag->second);
  const bool holds_one =
      urls && std::any_of(urls.value().begin(), urls.value().end(),
                          [](const AmqpUrl& url) { return url.password != "guest"; });
  if (!holds_one) return std::nullopt;
  return "--rabbitmq-url holds a password, which the process list would show to everybody: put the "
         "URL into the environment variable RABBITMQ_URL or into the file given with --config, or "
         "the password alone into a file named by --rabbitmq-password-file";
}

// Whoever names a file of TLS expects TLS; without it everything would pass in plain text. Flags
// begin with `flags`.
std::optional<std::string> misplaced_file(const TlsFiles& files, const std::string& flags,
                                          bool is_tls, const std::string& no_tls) {
  for (const auto& [flag, file] :
       {std::pair("-ca-file", &files.ca), std::pair("-certificate-file", &files.certificate),
        std::pair("-key-file", &files.key)})
    if (!file->empty() && !is_tls) return flags + flag + " is given, but " + no_tls;
  if (!files.key.empty() && files.certificate.empty())
    return flags + "-key-file is given, but no " + flags + "-certificate-file";
  return std::nullopt;
}

std::optional<std::string> tls_against_files(const Options& options) {
  const auto& urls = options.rabbitmq_urls;
  const bool amqps =
      std::any_of(urls.begin(), urls.end(), [](const AmqpUrl& url) { return url.tls; });
  if (auto wrong = misplaced_file(urls.front().tls_files, "--rabbitmq", amqps,
                                  "no URL in --rabbitmq-url begins with amqps://"))
    return wrong;
  if (urls.front().external && urls.front().tls_files.certificate.empty())
    return "--rabbitmq-auth is certificate, but there is no --rabbitmq-certificate-file";
  return misplaced_file(options.clickhouse_tls_files, "--clickhouse", options.clickhouse_tls,
                        "--clickhouse-tls is off");
}

// Neither is taken for the right one: the one would send the password in plain text.
std::optional<std::string> scheme_against_tls(const ResolvedOptions& resolved) {
  const std::string& hosts = resolved.texts.at("CLICKHOUSE_HOST");
  const bool tls = resolved.options.clickhouse_tls;
  if (contains(hosts, "https://") && !tls)
    return "--clickhouse-host has https://, but --clickhouse-tls is off";
  if (contains(hosts, "http://") && tls)
    return "--clickhouse-host has http://, but --clickhouse-tls is on";
  return std::nullopt;
}

std::optional<std::string> dead_letters_in_circle(const Options& options) {
  if (options.dead_letter_queue != options.rabbitmq_queue) return std::nullopt;
  return "--dead-letter-queue is " + printable(options.rabbitmq_queue, 200) +
         ", the queue to empty: a rejected message would come again for ever; name another "
         "queue, or none";
}

// What waits for half of --hold-timeout counts as held up: no more is taken, and then all goes
// back.
std::optional<std::string> delay_against_hold(const Options& options) {
  if (2 * options.batch_delay <= options.hold_timeout) return std::nullopt;
  return "--batch-delay is longer than half of --hold-timeout: events would go back to the queue, "
         "again and again, before they are inserted; make --batch-delay shorter";
}

}  // namespace

Result<ResolvedOptions> resolve_options(const Settings& flags, const Settings& environment,
                                        const Settings& file,
                                        const std::map<std::string, std::string>& places) {
  ResolvedOptions resolved{};
  for (const OptionRow& row : option_table()) {
    Found found = find_text(row, flags, environment, file, resolved.options);
    if (const auto wrong = row.parse(found.text, resolved.options)) {
      // The parser of what can hold a password quotes the text itself, without it.
      const bool is_quoted = row.shown != nullptr;
      return Error{ErrorKind::kUsage,
                   describe(row, found, places) + ": " +
                       (is_quoted ? *wrong : "'" + printable(found.text, 200) + "': " + *wrong)};
    }
    if (const auto place = places.find(found.variable);
        found.origin == Origin::kFile && place != places.end())
      resolved.places[row.variable] = place->second;
    resolved.texts[row.variable] = std::move(found.text);
    resolved.origins[row.variable] = found.origin;
  }
  if (const auto wrong = password_in_flag(flags)) return Error{ErrorKind::kUsage, *wrong};
  if (const auto wrong = tls_against_files(resolved.options))
    return Error{ErrorKind::kUsage, *wrong};
  if (const auto wrong = scheme_against_tls(resolved)) return Error{ErrorKind::kUsage, *wrong};
  if (const auto wrong = dead_letters_in_circle(resolved.options))
    return Error{ErrorKind::kUsage, *wrong};
  if (const auto wrong = delay_against_hold(resolved.options))
    return Error{ErrorKind::kUsage, *wrong};
  return resolved;
}

}  // namespace event_consumer
