// One HTTP connection to ClickHouse, kept alive: posts a query with a body and returns the answer.
// What an answer means is decided elsewhere. Not for use by two threads.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.h"

namespace event_consumer {

struct ClickHouseServer {
  std::string host;
  int port;
  std::string user;
  std::string password;
  std::chrono::seconds timeout;  // for an answer, and for the server to take more of a body

  // «ClickHouse host:port»: for logs.
  std::string describe() const;
};

struct HttpAnswer {
  int status = 0;        // 0: no answer came
  std::string body;      // of the answer; without an answer, what went wrong
  int exception = 0;     // ClickHouse's exception code; 0 when the answer names none
  bool was_sent = true;  // false: there was no connection to send anything on

  // Stored or executed: «200» and no exception. ClickHouse may find its mistake after it has sent
  // the status (hence wait_end_of_query in inserts).
  bool ok() const { return status == 200 && exception == 0; }
};

using QueryParameters = std::vector<std::pair<std::string, std::string>>;

class ClickHouseHttp {
 public:
  explicit ClickHouseHttp(const ClickHouseServer& server);
  ~ClickHouseHttp();

  // Posts `header` and `body` in one, with `parameters` in the URL, and waits for the answer.
  // Neither is copied. A post that fails or times out ends in a reset of the connection, not in an
  // orderly close: an old server (seen on 18.16) takes an orderly close at the end of a row for the
  // end of the insert.
  HttpAnswer post(const QueryParameters& parameters, std::string_view header,
                  std::string_view body);

  const ClickHouseServer& server() const { return server_; }

 private:
  struct Client;
  ClickHouseServer server_;
  std::unique_ptr<Client> client_;
};

// Runs `query`, which changes or reads something small, and returns its output. The Error names
// server and query: kUnavailable when no answer came, kConfiguration when the server refused.
Result<std::string> run_query(ClickHouseHttp& http, const std::string& query);

}  // namespace event_consumer
