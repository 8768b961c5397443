#include "tests/support/status_page.h"

#include <httplib.h>

#include "common/clock.h"

namespace event_consumer::testing {

StatusPage get_status_page(int port, const std::string& path) {
  httplib::Client client("127.0.0.1", port);
  client.set_connection_timeout(5);
  client.set_read_timeout(5);
  const TimePoint begin = Clock::now();
  const httplib::Result result = client.Get(path);
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  if (!result) return {0, httplib::to_string(result.error()), seconds};
  return {result->status, result->body, seconds};
}

}  // namespace event_consumer::testing
