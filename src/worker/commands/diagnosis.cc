#include "worker/commands/diagnosis.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <utility>

namespace event_consumer {
namespace {

constexpr std::size_t kMostCauseBytes = 300;

bool holds(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

// Without the stack trace and what else an exception of ClickHouse has behind its message.
std::string shorten(const std::string& text) {
  std::string cause = text.substr(0, text.find(", e.what()"));
  cause.resize(std::min(cause.find('\n'), std::min(cause.size(), kMostCauseBytes)));
  return cause;
}

std::string remedy_without_answer(const HttpAnswer& answer) {
  if (holds(answer.body, "cannot connect"))
    return "start the server, or correct CLICKHOUSE_HOST and CLICKHOUSE_PORT: the HTTP port, 8123 "
           "unless configured otherwise";
  return "nobody speaks HTTP there, or too slowly: CLICKHOUSE_PORT must be ClickHouse's HTTP port, "
         "8123 unless configured otherwise (8443 is HTTPS, 9000 its native protocol)";
}

std::string remedy_for_exception(int exception, const Options& options) {
  switch (exception) {
    case 192:  // UNKNOWN_USER
    case 193:  // WRONG_PASSWORD
    case 194:  // REQUIRED_PASSWORD
    case 516:  // AUTHENTICATION_FAILED
      return fmt::format("correct CLICKHOUSE_USER (now {}) and CLICKHOUSE_PASSWORD (now {})",
                         options.clickhouse_user,
                         options.clickhouse_password.empty() ? "empty" : "set");
    case 195:  // IP_ADDRESS_NOT_ALLOWED
    case 291:  // DATABASE_ACCESS_DENIED
    case 164:  // READONLY
    case 452:  // SETTING_CONSTRAINT_VIOLATION
    case 497:  // ACCESS_DENIED
      return fmt::format(
          "give ClickHouse's user {} the right to insert into {}.{} (and no readonly profile), or "
          "take another CLICKHOUSE_USER",
          options.clickhouse_user, options.clickhouse_database, options.clickhouse_table);
    default:
      return "look up the code in ClickHouse's documentation and its log";
  }
}

}  // namespace

Diagnosis diagnose_clickhouse(const HttpAnswer& answer, const Options& options) {
  const std::string cause = shorten(answer.body);
  if (answer.status == 0 && answer.misconfigured)
    return {ExitCode::kConfiguration, cause,
            "correct CLICKHOUSE_TLS, CLICKHOUSE_PORT or CLICKHOUSE_CA_FILE, or the certificate"};
  if (answer.status == 0) return {ExitCode::kUnavailable, cause, remedy_without_answer(answer)};
  if (holds(answer.body, "clickhouse-client program"))
    return {ExitCode::kConfiguration, "HTTP was sent to the port of the native protocol",
            "set CLICKHOUSE_PORT to the HTTP port, 8123 unless configured otherwise"};
  if (holds(answer.body, "HTTPS") || holds(answer.body, "https"))
    return {ExitCode::kConfiguration, cause,
            "the port wants HTTPS: set CLICKHOUSE_PORT to the port of plain HTTP"};
  if (answer.exception != 0)
    return {ExitCode::kConfiguration, cause, remedy_for_exception(answer.exception, options)};
  const std::string status = fmt::format("HTTP {} {}", answer.status, cause);
  if (answer.status >= 500)
    return {ExitCode::kUnavailable, status, "see why it is out of order, and try again"};
  return {ExitCode::kConfiguration, status,
          "this is not ClickHouse, or a proxy before it: correct CLICKHOUSE_HOST and "
          "CLICKHOUSE_PORT"};
}

Diagnosis diagnose_rabbitmq(const Error& error, const AmqpUrl& url) {
  const std::string& said = error.message;
  const auto diagnosis = [&](std::string remedy) {
    return Diagnosis{error.exit_code, shorten(said), std::move(remedy)};
  };
  if (holds(said, "Login was refused"))
    return diagnosis(
        "correct user and password in RABBITMQ_URL (guest may log in from the broker's own host "
        "only)");
  if (holds(said, "vhost") && holds(said, "not found"))
    return diagnosis(
        "correct the virtual host at the end of RABBITMQ_URL, or create it: "
        "rabbitmqctl add_vhost " +
        url.virtual_host);
  if (holds(said, "access to vhost"))
    return diagnosis(fmt::format(
        "give the user rights there: rabbitmqctl set_permissions -p {} {} CONFIGURE WRITE READ",
        url.virtual_host, url.user));
  if (holds(said, " 403 "))
    return diagnosis(
        fmt::format("give user {} the missing right: rabbitmqctl set_permissions -p {} {} "
                    "CONFIGURE WRITE READ",
                    url.user, url.virtual_host, url.user));
  if (error.exit_code == ExitCode::kConfiguration)
    return diagnosis("change what the broker refuses");
  if (holds(said, "cannot connect to"))
    return diagnosis(
        "start the broker, or correct host and port in RABBITMQ_URL: the AMQP port is 5672 unless "
        "configured otherwise");
  return diagnosis(
      "is the port in RABBITMQ_URL that of AMQP, 5672 unless configured otherwise (5671 is TLS, "
      "15672 the management page)?");
}

}  // namespace event_consumer
