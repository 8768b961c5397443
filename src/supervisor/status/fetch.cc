#include "supervisor/status/fetch.h"

#include <httplib.h>

namespace event_consumer {

Result<std::string> fetch(const HostPort& where, const std::string& path,
                          std::chrono::seconds timeout) {
  httplib::Client client(where.host, where.port);
  client.set_connection_timeout(timeout.count());
  client.set_read_timeout(timeout.count());
  client.set_write_timeout(timeout.count());
  const auto response = client.Get(path);
  if (response) return response->body;
  const bool refused = response.error() == httplib::Error::Connection;
  return Error{ErrorKind::kUnavailable, refused ? "nothing listens there" : "no answer"};
}

}  // namespace event_consumer
