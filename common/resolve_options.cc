#include "common/resolve_options.h"

#include <algorithm>
#include <utility>

namespace event_consumer {
namespace {

// The text that applies to `row`, and where it stands.
struct Found {
  std::string text;
  Origin origin;
};

Found find_text(const OptionRow& row, const Settings& flags, const Settings& environment,
                const Settings& file, const Options& options) {
  if (const auto at = flags.find(row.variable); at != flags.end())
    return {at->second, Origin::kFlag};
  if (const auto at = environment.find(row.variable); at != environment.end())
    return {at->second, Origin::kEnvironment};
  if (const auto at = file.find(row.variable); at != file.end()) return {at->second, Origin::kFile};
  if (row.derived_default != nullptr) return {row.derived_default(options), Origin::kDefault};
  return {row.default_text, Origin::kDefault};
}

std::string describe(const OptionRow& row, Origin origin) {
  switch (origin) {
    case Origin::kFlag:
      return std::string("--") + row.flag;
    case Origin::kEnvironment:
      return std::string("environment variable ") + row.variable;
    case Origin::kFile:
      return std::string(row.variable) + " in the configuration file";
    case Origin::kDefault:
      break;
  }
  return std::string("default of ") + row.variable;
}

// The process list shows every flag to everybody.
std::optional<std::string> password_in_flag(const Settings& flags, const Options& options) {
  const auto& urls = options.rabbitmq_urls;
  const bool holds_one = std::any_of(urls.begin(), urls.end(),
                                     [](const AmqpUrl& url) { return url.password != "guest"; });
  if (flags.count("RABBITMQ_URL") == 0 || !holds_one) return std::nullopt;
  return "--rabbitmq-url holds a password, which the process list would show to everybody: put the "
         "URL into the environment variable RABBITMQ_URL or into the file given with --config, or "
         "the password alone into a file named by --rabbitmq-password-file";
}

// Whoever names a CA expects TLS; without it everything would pass in plain text.
std::optional<std::string> ca_file_without_tls(const Options& options) {
  const auto& urls = options.rabbitmq_urls;
  const bool amqps =
      std::any_of(urls.begin(), urls.end(), [](const AmqpUrl& url) { return url.tls; });
  if (!urls.front().ca_file.empty() && !amqps)
    return "--rabbitmq-ca-file is given, but no URL in --rabbitmq-url begins with amqps://";
  if (!options.clickhouse_ca_file.empty() && !options.clickhouse_tls)
    return "--clickhouse-ca-file is given, but --clickhouse-tls is off";
  return std::nullopt;
}

}  // namespace

Result<ResolvedOptions> resolve_options(const Settings& flags, const Settings& environment,
                                        const Settings& file) {
  ResolvedOptions resolved{};
  for (const OptionRow& row : option_table()) {
    auto [text, origin] = find_text(row, flags, environment, file, resolved.options);
    if (const auto wrong = row.parse(text, resolved.options)) {
      // The parser of what can hold a password quotes the text itself, without it.
      const bool is_quoted = row.shown != nullptr;
      return Error{ErrorKind::kUsage, describe(row, origin) + ": " +
                                          (is_quoted ? *wrong : "'" + text + "': " + *wrong)};
    }
    resolved.texts[row.variable] = std::move(text);
    resolved.origins[row.variable] = origin;
  }
  if (const auto wrong = password_in_flag(flags, resolved.options))
    return Error{ErrorKind::kUsage, *wrong};
  if (const auto wrong = ca_file_without_tls(resolved.options))
    return Error{ErrorKind::kUsage, *wrong};
  return resolved;
}

}  // namespace event_consumer
