// ClickhouseEndpoint: the HTTP port of a ClickHouse on 127.0.0.1, as a test speaks to it, one
// request at a time. What listens there is the business of those who derive from it.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace event_consumer::testing {

class ClickhouseEndpoint {
 public:
  int http_port() const { return http_port_; }
  // «127.0.0.1:port», as it stands in CLICKHOUSE_HOST.
  std::string address() const { return "127.0.0.1:" + std::to_string(http_port_); }

  // Whether somebody answers there.
  bool answers() const;

  // Runs the statement as the user `default` and returns what the server answers, in the format
  // that the statement asks for (TabSeparated when it asks for none). Throws std::runtime_error
  // with the server's words when it fails; a failure in the middle of a result counts too.
  std::string query(const std::string& sql) const;

  // The same for results of any size: `receive` gets them piece by piece.
  void query(const std::string& sql, const std::function<void(std::string_view)>& receive) const;

  // Runs «INSERT … FORMAT …» with the rows in `data`. Throws like query.
  void insert(const std::string& sql, const std::string& data) const;

 protected:
  explicit ClickhouseEndpoint(int http_port) : http_port_(http_port) {}
  ~ClickhouseEndpoint() = default;

 private:
  int http_port_;
};

}  // namespace event_consumer::testing
