#include "tests/support/clickhouse_endpoint.h"

#include <httplib.h>

#include <stdexcept>

namespace event_consumer::testing {

namespace {

using std::chrono::seconds;

// Posts one request; `receive` gets the answer to a statement that succeeded.
void post(int port, const httplib::Params& parameters, const std::string& body,
          const std::function<void(std::string_view)>& receive) {
  httplib::Client client("127.0.0.1", port);
  client.set_connection_timeout(seconds(10));
  client.set_read_timeout(seconds(600));
  client.set_write_timeout(seconds(600));
  client.set_tcp_nodelay(true);
  int status = 0;
  std::string error_text;
  httplib::Request request;
  request.method = "POST";
  // Only so is the status known before the first byte of the result.
  request.path = httplib::append_query_params("/?wait_end_of_query=1", parameters);
  request.body = body;
  request.response_handler = [&](const httplib::Response& response) {
    status = response.status;
    return true;
  };
  request.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
    if (status == 200) {
      receive({data, size});
    } else {
      error_text.append(data, size);
    }
    return true;
  };
  const httplib::Result result = client.send(request);
  if (!result) {
    throw std::runtime_error("asking ClickHouse: " + httplib::to_string(result.error()));
  }
  if (status != 200) throw std::runtime_error("ClickHouse: " + error_text);
}

}  // namespace

bool ClickhouseEndpoint::answers() const {
  httplib::Client client("127.0.0.1", http_port_);
  client.set_connection_timeout(seconds(1));
  const httplib::Result result = client.Get("/ping");
  return result && result->status == 200;
}

std::string ClickhouseEndpoint::query(const std::string& sql) const {
  std::string result;
  query(sql, [&](std::string_view piece) { result += piece; });
  return result;
}

void ClickhouseEndpoint::query(const std::string& sql,
                               const std::function<void(std::string_view)>& receive) const {
  post(http_port_, {}, sql, receive);
}

void ClickhouseEndpoint::insert(const std::string& sql, const std::string& data) const {
  post(http_port_, {{"query", sql}}, data, [](std::string_view) {});
}

}  // namespace event_consumer::testing
