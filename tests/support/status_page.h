// What the service answers at its status address.
#pragma once

#include <string>

#include "common/unique_fd.h"
#include "tests/support/process.h"

namespace event_consumer::testing {

struct StatusPage {
  int status;  // of HTTP; 0: no answer within 5 s
  std::string content;
  double seconds;  // until the answer was there
};

// Has the service that is started with `environment` serve its status on a free port of loopback.
// Returns the port.
int serve_status(Environment& environment);

// GET `path` from 127.0.0.1:`port`.
StatusPage get_status_page(int port, const std::string& path);

// A connection to the same address, for what no client of HTTP would do. Throws std::runtime_error.
UniqueFd connect_to_status(int port);

}  // namespace event_consumer::testing
