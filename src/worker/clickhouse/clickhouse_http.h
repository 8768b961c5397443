// One HTTP connection to ClickHouse, with or without TLS, kept alive: posts a query with a body and
// returns the answer. What an answer means is decided elsewhere. Not for use by two threads.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/host_port.h"
#include "common/log_limiter.h"
#include "common/options.h"
#include "common/result.h"
#include "worker/clickhouse/request_watch.h"
#include "worker/tls.h"

namespace event_consumer {

struct ClickHouseServer {
  std::string host;
  int port;
  std::string user;
  std::string password;
  std::chrono::seconds timeout;  // for an answer, and for the server to take more of a body
  bool tls = false;
  TlsFiles tls_files = {};
  std::vector<HostPort> alternatives = {};  // other hosts, with the same user and settings
  InsertSettings settings = {};             // sent with each insert

  // «ClickHouse host:port»: for logs.
  std::string describe() const;
};

// The server that the options name, with the other hosts as its alternatives.
ClickHouseServer clickhouse_server(const Options& options);

// How far a request came that was not answered.
enum class NoAnswer {
  kMisconfigured,  // not sent: a certificate that is not accepted, or a server that speaks no TLS
  kNotConnected,   // not sent: nobody accepts connections there
  kNoHandshake,    // not sent: the connection broke before TLS was agreed on
  kLost,           // sent, in full or in part: whether it took effect is unknown
};

struct HttpAnswer {
  int status = 0;     // 0: no answer came
  std::string body;   // of the answer; without an answer, what went wrong
  int exception = 0;  // ClickHouse's exception code; 0 when the answer names none
  NoAnswer no_answer = NoAnswer::kLost;  // only with status 0
  // What the answer would need to be known for ClickHouse's own and whole: «a length». Empty:
  // nothing. Another one may be that of a proxy, and says nothing of the request.
  std::string missing = {};

  bool misconfigured() const { return status == 0 && no_answer == NoAnswer::kMisconfigured; }
  // Whether the server may have taken any of the request.
  bool was_sent() const { return status != 0 || no_answer == NoAnswer::kLost; }

  // Whether the request was carried out: ClickHouse's own «200» and no exception. ClickHouse may
  // run into an exception after it has sent the status, unless wait_end_of_query is asked for.
  bool ok() const { return status == 200 && exception == 0 && missing.empty(); }

  // Whether another server may do better: this one did not answer, or something else did in its
  // place (a proxy, a server that is going down).
  bool server_is_away() const { return status == 0 || (status >= 500 && exception == 0); }
};

using QueryParameters = std::vector<std::pair<std::string, std::string>>;

class HttpClient;

class ClickHouseHttp {
 public:
  explicit ClickHouseHttp(const ClickHouseServer& server);
  ~ClickHouseHttp();
  ClickHouseHttp(ClickHouseHttp&&) noexcept;
  ClickHouseHttp& operator=(ClickHouseHttp&&) noexcept;

  // Posts `header` and `body` in one, with `parameters` in the URL, and waits for the answer.
  // Neither is copied. What takes longer than RequestWatch grants, or is longer than `limits` say,
  // is no answer. A post that fails or times out resets the connection instead of closing it in
  // order. When the server is away, the next post goes to the next one.
  HttpAnswer post(const QueryParameters& parameters, std::string_view header, std::string_view body,
                  const AnswerLimits& limits = {});

  // `heartbeat` is called several times a second while a post waits, from here on.
  void set_heartbeat(const std::function<void()>& heartbeat) { heartbeat_ = heartbeat; }

  // Sends the next post to the next of the servers, in a ring. `why` is for the log. Does nothing
  // when there are no alternatives.
  void use_next_server(const std::string& why);
  // Sends the next post to the server that was given first.
  void use_first_server();

  // Logs in with `password` from the next post on.
  void use_password(const std::string& password);

  // The server that the next post goes to.
  const ClickHouseServer& server() const { return server_; }
  // The one that was given first, as it is logged in to now; without alternatives.
  ClickHouseServer first_server() const;
  bool is_at_first() const { return in_use_ == 0; }
  // What was wrong with the server before it; empty before the first change.
  const std::string& why_changed() const { return why_changed_; }
  // Of the certificates that the connection hangs on; 0 without TLS or before the first post.
  CertificateExpiry first_to_expire() const;
  // How often another server came into use.
  int server_changes() const { return server_changes_; }
  // How often no answer came, or none of ClickHouse's own, from whichever server.
  int connection_losses() const { return connection_losses_; }

 private:
  void connect();
  void use_server(std::size_t which);

  ClickHouseServer server_;
  std::vector<HostPort> hosts_;  // all of them
  std::size_t in_use_ = 0;       // of these
  std::string why_changed_;
  int server_changes_ = 0;
  int connection_losses_ = 0;
  LogLimiter log_limiter_;  // for the changes of the server
  std::function<void()> heartbeat_ = [] {};
  std::unique_ptr<HttpClient> client_;
};

// Posts a `query` of small output to the server in use, with these settings. Whatever the user's
// profile says, rows of the answer in the format TabSeparated end with a line feed each, and
// nothing follows them; and no question fails for the query cache.
HttpAnswer put_question(ClickHouseHttp& http, const std::string& query,
                        QueryParameters settings = {});

// Puts a question and returns the output. The Error names server and query: kUnavailable when no
// answer came or the failure passes by itself, kConfiguration when somebody has to change
// something. A refusal bears its exception code.
Result<std::string> run_query(ClickHouseHttp& http, const std::string& query,
                              QueryParameters settings = {});

}  // namespace event_consumer
