// How a page of a status address is fetched.
#pragma once

#include <chrono>
#include <string>

#include "common/host_port.h"
#include "common/result.h"

namespace event_consumer {

// GET; returns the content whatever the status. The Error is kUnavailable and says what happened.
Result<std::string> fetch(const HostPort& where, const std::string& path,
                          std::chrono::seconds timeout);

}  // namespace event_consumer
