// HttpClient: one kept connection through cpp-httplib, whose time-outs are for each system call and
// which reads whatever comes; here a request is bounded as RequestWatch says. Knows HTTP and TLS,
// and which answers are ClickHouse's own; what they mean is decided elsewhere.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "worker/clickhouse/clickhouse_http.h"

namespace event_consumer {

class HttpClient {
 public:
  // Reads the CA file; connects with the first post.
  explicit HttpClient(const ClickHouseServer& server);
  ~HttpClient();

  // Posts `header` and `body` in one to `path`, on a thread of its own, and waits for the answer;
  // `heartbeat` is called several times a second until then, also while the host's name is looked
  // up and while TLS is agreed on. A post that fails resets the connection.
  HttpAnswer post(const std::string& path, std::string_view header, std::string_view body,
                  const AnswerLimits& limits, const std::function<void()>& heartbeat);

  // Of the certificates that the connection hangs on; 0 without TLS or before the first post.
  CertificateExpiry first_to_expire() const;

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace event_consumer
