#include "worker/clickhouse/clickhouse_http.h"

#include "common/clock.h"
#include "common/log.h"
#include "worker/clickhouse/clickhouse_diagnosis.h"
#include "worker/clickhouse/exception_class.h"
#include "worker/clickhouse/http_client.h"
#include "worker/clickhouse/quote.h"

namespace event_consumer {
namespace {

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  for (unsigned char byte : text) {
    if (kPlain.find(static_cast<char>(byte)) != std::string_view::npos) {
      encoded += static_cast<char>(byte);
    } else {
      encoded += '%';
      encoded += kDigits[byte >> 4];
      encoded += kDigits[byte & 15];
    }
  }
  return encoded;
}

std::string to_path(const QueryParameters& parameters) {
  std::string path = "/?";
  for (const auto& [name, value] : parameters) {
    if (path.back() != '?') path += '&';
    path += name + "=" + percent_encode(value);
  }
  return path;
}

}  // namespace

ClickHouseServer clickhouse_server(const Options& options) {
  const auto& hosts = options.clickhouse_hosts;
  return {hosts.front().host,           hosts.front().port,
          options.clickhouse_user,      options.clickhouse_password,
          options.clickhouse_timeout,   options.clickhouse_tls,
          options.clickhouse_tls_files, {hosts.begin() + 1, hosts.end()},
          options.clickhouse_settings};
}

std::string ClickHouseServer::describe() const {
  return "ClickHouse " + HostPort{host, port}.describe();
}

ClickHouseHttp::ClickHouseHttp(const ClickHouseServer& server)
    : server_(server), hosts_{{server.host, server.port}} {
  hosts_.insert(hosts_.end(), server.alternatives.begin(), server.alternatives.end());
  connect();
}

void ClickHouseHttp::connect() { client_ = std::make_unique<HttpClient>(server_); }

ClickHouseHttp::~ClickHouseHttp() = default;
ClickHouseHttp::ClickHouseHttp(ClickHouseHttp&&) noexcept = default;
ClickHouseHttp& ClickHouseHttp::operator=(ClickHouseHttp&&) noexcept = default;

void ClickHouseHttp::use_server(std::size_t which) {
  in_use_ = which;
  server_.host = hosts_[which].host;
  server_.port = hosts_[which].port;
  ++server_changes_;
  connect();
}

void ClickHouseHttp::use_next_server(const std::string& why) {
  if (hosts_.size() == 1) return;
  why_changed_ = server_.describe() + ": " + why;
  use_server((in_use_ + 1) % hosts_.size());
  const std::string change = why_changed_ + "; now using " + server_.describe();
  if (log_limiter_.is_news(change, Clock::now())) log::warn("{}", change);
}

void ClickHouseHttp::use_first_server() { use_server(0); }

ClickHouseServer ClickHouseHttp::first_server() const {
  ClickHouseServer first = server_;
  first.host = hosts_.front().host;
  first.port = hosts_.front().port;
  first.alternatives.clear();
  return first;
}

void ClickHouseHttp::use_password(const std::string& password) {
  server_.password = password;
  connect();
}

CertificateExpiry ClickHouseHttp::first_to_expire() const { return client_->first_to_expire(); }

HttpAnswer ClickHouseHttp::post(const QueryParameters& parameters, std::string_view header,
                                std::string_view body, const AnswerLimits& limits) {
  const HttpAnswer answer = client_->post(to_path(parameters), header, body, limits, heartbeat_);
  if (answer.status == 0 || !answer.missing.empty()) ++connection_losses_;
  if (answer.ok()) log_limiter_.over();
  if (answer.server_is_away())
    use_next_server(answer.status == 0 ? answer.body : "HTTP " + std::to_string(answer.status));
  // The next try reads the CA file anew: it may have been put right by then.
  if (answer.misconfigured() && hosts_.size() == 1) connect();
  return answer;
}

HttpAnswer put_question(ClickHouseHttp& http, const std::string& query, QueryParameters settings) {
  settings.emplace_back("wait_end_of_query", "1");
  HttpAnswer answer = http.post(settings, "", query);
  if (is_refused_by_query_cache(answer.exception)) {
    settings.emplace_back("use_query_cache", "0");
    answer = http.post(settings, "", query);
  }
  if (answer.ok()) answer.body = tsv_rows(answer.body);
  return answer;
}

Result<std::string> run_query(ClickHouseHttp& http, const std::string& query,
                              QueryParameters settings) {
  const ClickHouseServer server = http.server();  // a failed post may change it
  const std::string where = server.describe();
  const HttpAnswer answer = put_question(http, query, std::move(settings));
  if (answer.ok()) return answer.body;
  if (answer.status == 0)
    return Error{answer.misconfigured() ? ErrorKind::kConfiguration : ErrorKind::kUnavailable,
                 with_remedy("cannot reach " + where + ": " + answer.body,
                             diagnose_clickhouse(answer, server).remedy)};
  const Diagnosis diagnosis = diagnose_clickhouse(answer, server);
  const std::string said = answer.status == 200 && !answer.missing.empty()
                               ? " answered «" + query + "» with " + diagnosis.cause
                               : " refused «" + query + "»: HTTP " + std::to_string(answer.status) +
                                     ", " + shorten_cause(answer.body);
  const bool passes = passes_by_itself(answer.status, answer.exception, answer.body);
  return Error{passes ? ErrorKind::kUnavailable : ErrorKind::kConfiguration,
               with_remedy(where + said, diagnosis.remedy), answer.exception};
}

}  // namespace event_consumer
