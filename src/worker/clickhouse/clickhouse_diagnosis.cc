#include "worker/clickhouse/clickhouse_diagnosis.h"

#include <spdlog/fmt/fmt.h>

#include "common/text.h"
#include "worker/clickhouse/exception_class.h"

namespace event_consumer {
namespace {

std::string remedy_without_answer(NoAnswer how) {
  switch (how) {
    case NoAnswer::kMisconfigured:
      return "correct CLICKHOUSE_TLS, CLICKHOUSE_PORT or CLICKHOUSE_CA_FILE, or the certificate";
    case NoAnswer::kNotConnected:
      return "start the server, or correct CLICKHOUSE_HOST and CLICKHOUSE_PORT: the HTTP port, "
             "8123 unless configured otherwise";
    case NoAnswer::kNoHandshake:
      return "correct CLICKHOUSE_TLS, CLICKHOUSE_PORT (that of HTTPS is 8443 unless configured "
             "otherwise), or see why the server hangs up";
    case NoAnswer::kLost:
      break;
  }
  return "nobody speaks HTTP there, or too slowly: CLICKHOUSE_PORT must be ClickHouse's HTTP port, "
         "8123 unless configured otherwise (8443 is HTTPS, 9000 its native protocol)";
}

std::string remedy_for_exception(int exception, const ClickHouseServer& server) {
  switch (exception) {
    case 192:  // UNKNOWN_USER
    case 193:  // WRONG_PASSWORD
    case 194:  // REQUIRED_PASSWORD
    case 516:  // AUTHENTICATION_FAILED
      return fmt::format("correct CLICKHOUSE_USER (now {}) and CLICKHOUSE_PASSWORD (now {})",
                         server.user, server.password.empty() ? "empty" : "set");
    case 195:  // IP_ADDRESS_NOT_ALLOWED
    case 291:  // DATABASE_ACCESS_DENIED
    case 164:  // READONLY
    case 452:  // SETTING_CONSTRAINT_VIOLATION
    case 497:  // ACCESS_DENIED
      return fmt::format(
          "give ClickHouse's user {} the right to insert into the table (and no readonly profile), "
          "or take another CLICKHOUSE_USER",
          server.user);
    case 60:   // UNKNOWN_TABLE
    case 218:  // TABLE_IS_DROPPED
      return "create the table, or correct CLICKHOUSE_DATABASE and CLICKHOUSE_TABLE";
    case 48:  // NOT_IMPLEMENTED
      return "name a table that takes rows, and no view: correct CLICKHOUSE_TABLE";
    case 81:  // UNKNOWN_DATABASE
      return "create the database, or correct CLICKHOUSE_DATABASE";
    default:
      return "look up the code in ClickHouse's documentation and its log";
  }
}

}  // namespace

Diagnosis diagnose_clickhouse(const HttpAnswer& answer, const ClickHouseServer& server) {
  const std::string cause = shorten_cause(answer.body);
  if (answer.status == 0)
    return {answer.misconfigured() ? ErrorKind::kConfiguration : ErrorKind::kUnavailable, cause,
            remedy_without_answer(answer.no_answer)};
  if (answer.exception != 0)
    return {passes_by_itself(answer.status, answer.exception, answer.body)
                ? ErrorKind::kUnavailable
                : ErrorKind::kConfiguration,
            cause,
            names_failed_view(answer.body) ? "repair the view, or drop it"
                                           : remedy_for_exception(answer.exception, server)};
  if (answer.status == 200 && !answer.missing.empty())
    return {ErrorKind::kConfiguration, "HTTP 200 without " + answer.missing,
            "this is not ClickHouse, or a proxy that drops headers: correct CLICKHOUSE_HOST and "
            "CLICKHOUSE_PORT, or have the proxy pass on what ClickHouse answers"};
  // What has no code is known by the words of the servers; any page may have them in a link.
  if (answer.status == 400 && contains(answer.body, "clickhouse-client program"))
    return {ErrorKind::kConfiguration, "HTTP was sent to the port of the native protocol",
            "set CLICKHOUSE_PORT to the HTTP port, 8123 unless configured otherwise"};
  if (answer.status == 400 && (contains(answer.body, "HTTPS") || contains(answer.body, "https")))
    return {ErrorKind::kConfiguration, cause,
            "the port wants HTTPS: set CLICKHOUSE_PORT to the port of plain HTTP"};
  const std::string status = fmt::format("HTTP {} {}", answer.status, cause);
  if (answer.status == 413)
    return {ErrorKind::kConfiguration, status,
            "the proxy before ClickHouse takes no request as large as a batch: raise its limit "
            "(client_max_body_size of nginx), or lower --batch-bytes"};
  if (answer.status >= 500)
    return {ErrorKind::kUnavailable, status, "see why it is out of order, and try again"};
  return {ErrorKind::kConfiguration, status,
          "this is not ClickHouse, or a proxy before it: correct CLICKHOUSE_HOST and "
          "CLICKHOUSE_PORT"};
}

}  // namespace event_consumer
