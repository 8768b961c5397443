#include "common/option_table.h"

#include <algorithm>

#include "common/amqp_name.h"
#include "common/http_hosts.h"
#include "common/option_parsers.h"
#include "common/redact.h"
#include "common/text.h"

namespace event_consumer {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Below the smallest max_insert_block_size in use: an insert is atomic only within one block.
constexpr long kMostBatchRows = 1'000'000;

template <int Options::*member>
ParseError number(const std::string& text, long lowest, long highest, Options& options) {
  long parsed = 0;
  const auto error = parse_whole_number(text, lowest, highest, parsed);
  if (!error) options.*member = static_cast<int>(parsed);
  return error;
}

template <int Options::*member, long lowest, long highest>
ParseError number_between(const std::string& text, Options& options) {
  return number<member>(text, lowest, highest, options);
}

template <std::string Options::*member>
ParseError name(const std::string& text, Options& options) {
  return parse_name(text, options.*member);
}

// May be empty, and goes into a short string of AMQP. RabbitMQ leaves line breaks out when a queue
// is declared, and does not find it by the same name afterwards.
template <std::string Options::*member>
ParseError amqp_text(const std::string& text, Options& options) {
  options.*member = text;
  if (text.size() > kLongestAmqpName) return "longer than 255 bytes";
  return expect_one_line(text);
}

template <std::string Options::*member>
ParseError amqp_name(const std::string& text, Options& options) {
  if (const auto wrong = parse_name(text, options.*member)) return wrong;
  return amqp_text<member>(text, options);
}

template <std::string Options::*member>
ParseError any_text(const std::string& text, Options& options) {
  options.*member = text;
  return std::nullopt;
}

// Goes into a header of HTTP.
template <std::string Options::*member>
ParseError one_line(const std::string& text, Options& options) {
  options.*member = text;
  return expect_one_line(text);
}

template <seconds Options::*member, long highest>
ParseError whole_seconds(const std::string& text, Options& options) {
  long parsed = 0;
  const auto error = parse_whole_number(text, 1, highest, parsed);
  if (!error) options.*member = seconds(parsed);
  return error;
}

ParseError parse_url(const std::string& text, Options& options) {
  auto urls = parse_amqp_urls(text);
  if (!urls) return urls.error().message;
  options.rabbitmq_urls = std::move(*urls);
  return std::nullopt;
}

ParseError parse_rabbitmq_password(const std::string& text, Options& options) {
  if (text.empty()) return std::nullopt;
  for (AmqpUrl& url : options.rabbitmq_urls) url.password = text;
  return expect_one_line(text);
}

template <std::string TlsFiles::*member>
ParseError rabbitmq_file(const std::string& text, Options& options) {
  for (AmqpUrl& url : options.rabbitmq_urls) url.tls_files.*member = text;
  return std::nullopt;
}

template <std::string TlsFiles::*member>
ParseError clickhouse_file(const std::string& text, Options& options) {
  options.clickhouse_tls_files.*member = text;
  return std::nullopt;
}

ParseError parse_rabbitmq_auth(const std::string& text, Options& options) {
  if (text != "password" && text != "certificate") return "expected password or certificate";
  for (AmqpUrl& url : options.rabbitmq_urls) url.external = text == "certificate";
  return std::nullopt;
}

ParseError parse_queue_type(const std::string& text, Options& options) {
  if (text != "classic" && text != "quorum") return "expected classic or quorum";
  options.queue_type = text == "quorum" ? QueueType::kQuorum : QueueType::kClassic;
  return std::nullopt;
}

ParseError parse_delivery_limit(const std::string& text, Options& options) {
  options.delivery_limit = {text == "auto", std::nullopt};
  if (text == "auto" || text == "none") return std::nullopt;
  long parsed = 0;
  if (parse_whole_number(text, 0, 1'000'000'000, parsed))
    return "expected auto, none or a whole number from 0 to 1000000000";
  options.delivery_limit.limit = static_cast<std::uint64_t>(parsed);
  return std::nullopt;
}

ParseError parse_prefetch(const std::string& text, Options& options) {
  options.prefetch.reset();
  if (text == "auto") return std::nullopt;
  long parsed = 0;
  if (parse_whole_number(text, 1, kMostPrefetch, parsed))
    return "expected auto or a whole number from 1 to " + std::to_string(kMostPrefetch);
  options.prefetch = static_cast<int>(parsed);
  return std::nullopt;
}

ParseError parse_clickhouse_tls(const std::string& text, Options& options) {
  return parse_switch(text, options.clickhouse_tls);
}

constexpr int kNoPort = 0;

// Whether TLS is spoken, and the port of those without one, follow in rows below.
ParseError parse_clickhouse_hosts(const std::string& text, Options& options) {
  const auto wrong =
      parse_http_hosts(text, kNoPort, options.clickhouse_tls, options.clickhouse_hosts);
  if (!wrong) return std::nullopt;
  return "'" + printable(hosts_without_password(text), 200) + "': " + *wrong;
}

ParseError parse_clickhouse_failback(const std::string& text, Options& options) {
  options.clickhouse_failback.reset();
  if (text == "off") return std::nullopt;
  long parsed = 0;
  if (parse_whole_number(text, 1, 86400, parsed))
    return "expected off or a whole number from 1 to 86400";
  options.clickhouse_failback = seconds(parsed);
  return std::nullopt;
}

ParseError parse_clickhouse_port(const std::string& text, Options& options) {
  const auto wrong = parse_port(text, options.clickhouse_port);
  for (HostPort& host : options.clickhouse_hosts)
    if (host.port == kNoPort) host.port = options.clickhouse_port;
  return wrong;
}

ParseError parse_clickhouse_user(const std::string& text, Options& options) {
  if (const auto wrong = parse_name(text, options.clickhouse_user)) return wrong;
  return expect_one_line(text);
}

ParseError parse_batch_rows(const std::string& text, Options& options) {
  long rows = 0;
  const auto error = parse_whole_number(text, 1, kMostBatchRows, rows);
  if (!error) options.batch_rows = static_cast<std::size_t>(rows);
  return error;
}

ParseError parse_batch_bytes(const std::string& text, Options& options) {
  return parse_size(text, 1024, std::size_t{256} << 20, options.batch_bytes);
}

ParseError parse_batch_delay(const std::string& text, Options& options) {
  return parse_seconds(text, milliseconds(1), seconds(3600), options.batch_delay);
}

ParseError parse_create_table(const std::string& text, Options& options) {
  options.create_table = CreateTable::kAuto;
  if (text == "auto") return std::nullopt;
  bool is_on = false;
  if (parse_switch(text, is_on)) return "expected auto, on or off";
  options.create_table = is_on ? CreateTable::kOn : CreateTable::kOff;
  return std::nullopt;
}

ParseError parse_allow_buffer(const std::string& text, Options& options) {
  return parse_switch(text, options.allow_buffer);
}

ParseError parse_clickhouse_settings(const std::string& text, Options& options) {
  return parse_insert_settings(text, options.clickhouse_settings);
}

ParseError parse_durable(const std::string& text, Options& options) {
  return parse_switch(text, options.durable);
}

ParseError parse_required(const std::string& text, Options& options) {
  options.required_columns.reset();
  if (text != "auto") options.required_columns = parse_list(text);
  return std::nullopt;
}

ParseError parse_columns(const std::string& text, Options& options) {
  return parse_column_sources(text, options.column_sources);
}

ParseError parse_worker_max_events(const std::string& text, Options& options) {
  long events = 0;
  const auto error = parse_whole_number(text, 0, 1'000'000'000'000, events);
  if (!error) options.worker_max_events = static_cast<std::uint64_t>(events);
  return error;
}

ParseError parse_worker_timeout(const std::string& text, Options& options) {
  long parsed = 0;
  // A worker shows a sign of life every two seconds.
  const auto error = parse_whole_number(text, 5, 86400, parsed);
  if (!error) options.worker_timeout = seconds(parsed);
  return error;
}

ParseError parse_status_address(const std::string& text, Options& options) {
  options.status_address.reset();
  if (text == "off") return std::nullopt;
  std::vector<HostPort> addresses;
  const auto error = parse_hosts(text, kNoPort, addresses);
  if (error || addresses.size() != 1 || addresses.front().port == kNoPort)
    return "expected HOST:PORT or off";
  options.status_address = addresses.front();
  return std::nullopt;
}

ParseError parse_log_level(const std::string& text, Options& options) {
  const auto level = log::parse_level(text);
  if (!level) return "expected debug, info, warning, error or critical";
  options.log_level = *level;
  return std::nullopt;
}

ParseError parse_log_format(const std::string& text, Options& options) {
  if (text != "text" && text != "json") return "expected text or json";
  options.log_format = text == "json" ? log::Format::kJson : log::Format::kText;
  return std::nullopt;
}

std::string queue_name(const Options& options) { return options.rabbitmq_queue; }

std::string dead_queue_name(const Options& options) { return options.rabbitmq_queue + ".dead"; }

std::string tls_of_hosts(const Options& options) { return options.clickhouse_tls ? "on" : "off"; }

std::string port_for_tls(const Options& options) {
  return options.clickhouse_tls ? "8443" : "8123";
}

std::string url_without_password(const std::string& text) { return redact_url(text); }

std::string hidden(const std::string& text) { return text.empty() ? "" : "***"; }

}  // namespace

const std::vector<OptionRow>& option_table() {
  static const std::vector<OptionRow> table = {
      {"workers", "EVENT_CONSUMER_WORKERS", "N", "2", "worker processes",
       number_between<&Options::workers, 1, kMostWorkers>},
      {"rabbitmq-url", "RABBITMQ_URL", "URL[,URL...]", "amqp://guest:guest@localhost:5672/",
       "the broker, amqps:// for TLS; of several the first that answers is used; no password but "
       "guest's may stand in the flag",
       parse_url, nullptr, url_without_password},
      {nullptr, "RABBITMQ_PASSWORD", "TEXT", "", "the password, which replaces that of the URL",
       parse_rabbitmq_password, nullptr, hidden},
      {"rabbitmq-password-file", "RABBITMQ_PASSWORD_FILE", "FILE", "",
       "holds the password, and wins over RABBITMQ_PASSWORD and the URL",
       any_text<&Options::rabbitmq_password_file>},
      {"rabbitmq-ca-file", "RABBITMQ_CA_FILE", "FILE", "",
       "the CA certificates to trust with amqps://; empty: the system's",
       rabbitmq_file<&TlsFiles::ca>},
      {"rabbitmq-certificate-file", "RABBITMQ_CERTIFICATE_FILE", "FILE", "",
       "our certificate, which is shown with amqps://", rabbitmq_file<&TlsFiles::certificate>},
      {"rabbitmq-key-file", "RABBITMQ_KEY_FILE", "FILE", "",
       "the key of our certificate; empty: it stands in the file of the certificate",
       rabbitmq_file<&TlsFiles::key>},
      {"rabbitmq-auth", "RABBITMQ_AUTH", "password/certificate", "password",
       "certificate: log in as the user whom our certificate names (EXTERNAL)",
       parse_rabbitmq_auth},
      {"rabbitmq-exchange", "RABBITMQ_EXCHANGE", "NAME", "url_shortener",
       "declared, with the binding, when the queue does not exist",
       amqp_name<&Options::rabbitmq_exchange>},
      {"rabbitmq-queue", "RABBITMQ_QUEUE", "NAME", "click_events", "the queue to empty",
       amqp_name<&Options::rabbitmq_queue>},
      {"rabbitmq-routing-key", "RABBITMQ_ROUTING_KEY", "KEY", "the queue's name",
       "binds the queue to the exchange when we declare them",
       amqp_text<&Options::rabbitmq_routing_key>, queue_name},
      {"dead-letter-queue", "EVENT_CONSUMER_DEAD_LETTER_QUEUE", "NAME", "the queue's name + .dead",
       "where rejected messages go; empty: rejected without requeue",
       amqp_text<&Options::dead_letter_queue>, dead_queue_name},
      {"queue-type", "EVENT_CONSUMER_QUEUE_TYPE", "classic/quorum", "classic",
       "of the queues that we create; those that exist are used as they are", parse_queue_type},
      {"delivery-limit", "EVENT_CONSUMER_DELIVERY_LIMIT", "N/auto/none", "auto",
       "the x-delivery-limit of a quorum queue; auto: 20 from RabbitMQ 4 on, none before",
       parse_delivery_limit},
      {"clickhouse-host", "CLICKHOUSE_HOST", "HOST[,HOST...]", "localhost",
       "the server, HOST or HOST:PORT, https:// before it for TLS; of several the next when one "
       "does not answer",
       parse_clickhouse_hosts, nullptr, hosts_without_password},
      {"clickhouse-failback", "CLICKHOUSE_FAILBACK", "SECONDS/off", "60",
       "inserts go back to the first host when it has answered for so long; off: not before the "
       "one in use is away",
       parse_clickhouse_failback},
      {"clickhouse-tls", "CLICKHOUSE_TLS", "on/off", "off, on with https://",
       "whether to speak HTTPS", parse_clickhouse_tls, tls_of_hosts},
      {"clickhouse-ca-file", "CLICKHOUSE_CA_FILE", "FILE", "",
       "the CA certificates to trust with TLS; empty: the system's",
       clickhouse_file<&TlsFiles::ca>},
      {"clickhouse-certificate-file", "CLICKHOUSE_CERTIFICATE_FILE", "FILE", "",
       "our certificate, which is shown with TLS", clickhouse_file<&TlsFiles::certificate>},
      {"clickhouse-key-file", "CLICKHOUSE_KEY_FILE", "FILE", "",
       "the key of our certificate; empty: it stands in the file of the certificate",
       clickhouse_file<&TlsFiles::key>},
      {"clickhouse-port", "CLICKHOUSE_PORT", "PORT", "8123, 8443 with TLS",
       "the HTTP port of hosts without one of their own", parse_clickhouse_port, port_for_tls},
      {"clickhouse-database", "CLICKHOUSE_DATABASE", "NAME", "url_shortener",
       "the table's database", name<&Options::clickhouse_database>},
      {"clickhouse-table", "CLICKHOUSE_TABLE", "NAME", "click_events", "the table to fill",
       name<&Options::clickhouse_table>},
      {"clickhouse-user", "CLICKHOUSE_USER", "NAME", "default", "the user to insert as",
       parse_clickhouse_user},
      {nullptr, "CLICKHOUSE_PASSWORD", "TEXT", "", "the user's password",
       one_line<&Options::clickhouse_password>, nullptr, hidden},
      {"clickhouse-password-file", "CLICKHOUSE_PASSWORD_FILE", "FILE", "",
       "holds the user's password, and wins over CLICKHOUSE_PASSWORD",
       any_text<&Options::clickhouse_password_file>},
      {"clickhouse-timeout", "CLICKHOUSE_TIMEOUT", "SECONDS", "30",
       "for an answer, and for the server to take more of an insert",
       whole_seconds<&Options::clickhouse_timeout, 3600>},
      {"clickhouse-setting", "CLICKHOUSE_SETTINGS", "NAME=VALUE[,NAME=VALUE...]", "",
       "settings of ClickHouse for each insert; may be given several times",
       parse_clickhouse_settings, nullptr, nullptr, nullptr, /*repeats=*/true},
      {"create-table", "EVENT_CONSUMER_CREATE_TABLE", "auto/on/off", "auto",
       "create database and click-event table when absent; auto: only when the table's name is "
       "click_events",
       parse_create_table},
      {"allow-buffer", "EVENT_CONSUMER_ALLOW_BUFFER", "on/off", "off",
       "accept a table of the engine Buffer, whose rows are in memory only when they are "
       "acknowledged",
       parse_allow_buffer},
      {"durable", "EVENT_CONSUMER_DURABLE", "on/off", "off",
       "create the table so that an insert is on disk when it is answered", parse_durable},
      {"required", "EVENT_CONSUMER_REQUIRED", "COLUMNS", "auto",
       "events without these are rejected; auto: short_code, timestamp and original_url of a table "
       "made for click events, none of another",
       parse_required},
      {"column", "EVENT_CONSUMER_COLUMNS", "NAME=SOURCE[,NAME=SOURCE...]", "",
       "what a column takes instead of the key of its name: user.id (a path), @header.x-tenant, "
       "@routing_key, @body, ...; may be given several times",
       parse_columns, nullptr, nullptr, nullptr, /*repeats=*/true},
      {"batch-rows", "EVENT_CONSUMER_BATCH_ROWS", "N", "10000", "insert when so many rows wait",
       parse_batch_rows},
      {"batch-bytes", "EVENT_CONSUMER_BATCH_BYTES", "SIZE", "8MiB",
       "insert when so many bytes wait; a larger event is rejected", parse_batch_bytes},
      {"batch-delay", "EVENT_CONSUMER_BATCH_DELAY", "SECONDS", "1",
       "insert when the oldest row has waited so long", parse_batch_delay},
      {"prefetch", "EVENT_CONSUMER_PREFETCH", "N/auto", "auto",
       "deliveries that a worker may hold; auto: three batches, as far as their bytes fit",
       parse_prefetch},
      {"hold-timeout", "EVENT_CONSUMER_HOLD_TIMEOUT", "SECONDS", "1200",
       "give events back that wait longer for their insert",
       whole_seconds<&Options::hold_timeout, 86400>},
      {"start-timeout", "EVENT_CONSUMER_START_TIMEOUT", "SECONDS", "60",
       "give up when no worker consumes by then", whole_seconds<&Options::start_timeout, 86400>},
      {"stop-timeout", "EVENT_CONSUMER_STOP_TIMEOUT", "SECONDS", "25",
       "for a graceful stop; then workers are killed",
       whole_seconds<&Options::stop_timeout, 86400>},
      {"worker-timeout", "EVENT_CONSUMER_WORKER_TIMEOUT", "SECONDS", "60",
       "a worker without a sign of life for so long is ended and started anew",
       parse_worker_timeout},
      {"worker-max-events", "EVENT_CONSUMER_WORKER_MAX_EVENTS", "N", "0",
       "replace a worker that has taken so many events; 0: never", parse_worker_max_events},
      {"state-directory", "EVENT_CONSUMER_STATE_DIRECTORY", "DIRECTORY", "",
       "keeps what was posted where it outlives all processes; empty: in memory",
       any_text<&Options::state_directory>},
      {"status-address", "EVENT_CONSUMER_STATUS_ADDRESS", "HOST:PORT", "127.0.0.1:9463",
       "where /livez, /readyz, /metrics and /status are served; off: nowhere",
       parse_status_address},
      {"log-level", "LOG_LEVEL", "LEVEL", "info", "debug, info, warning, error or critical",
       parse_log_level, nullptr, nullptr, "EVENT_CONSUMER_LOG_LEVEL"},
      {"log-format", "EVENT_CONSUMER_LOG_FORMAT", "text/json", "text",
       "lines of text, or a JSON object a line", parse_log_format},
  };
  return table;
}

std::vector<std::string> option_variables() {
  std::vector<std::string> names;
  for (const OptionRow& row : option_table()) {
    names.emplace_back(row.variable);
    if (row.alias != nullptr) names.emplace_back(row.alias);
  }
  return names;
}

const OptionRow* find_option(const std::string& name) {
  for (const OptionRow& row : option_table())
    if (name == row.variable || (row.alias != nullptr && name == row.alias)) return &row;
  return nullptr;
}

}  // namespace event_consumer
