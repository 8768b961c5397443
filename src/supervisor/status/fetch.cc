#include "supervisor/status/fetch.h"

#include <httplib.h>

namespace event_consumer {

namespace {

// In bytes; of our own, that of the most workers is well below.
constexpr std::size_t kLongestAnswer = 8 << 20;

}  // namespace

Result<std::string> fetch(const HostPort& where, const std::string& path,
                          std::chrono::seconds timeout) {
  httplib::Client client(where.host, where.port);
  client.set_connection_timeout(timeout.count());
  client.set_read_timeout(timeout.count());
  client.set_write_timeout(timeout.count());
  std::string body;
  const auto response = client.Get(path, [&](const char* bytes, std::size_t size) {
    body.append(bytes, size);
    return body.size() <= kLongestAnswer;
  });
  if (response) return body;
  if (body.size() > kLongestAnswer)
    return Error{ErrorKind::kUnavailable, "what answers is something else"};
  const bool refused = response.error() == httplib::Error::Connection;
  return Error{ErrorKind::kUnavailable, refused ? "nothing listens there" : "no answer"};
}

}  // namespace event_consumer
