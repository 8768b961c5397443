// Takes passwords out of texts on their way to a log. Whatever prints a URL calls this first.
#pragma once

#include <string>
#include <string_view>

namespace event_consumer {

// `url` with the password between user and host replaced by «***». Works on malformed URLs too:
// everything from the first colon behind the scheme up to the last «@» counts as password, and
// without an «@» all behind that colon, unless it is a port. So are the values of parameters, but
// for that of heartbeat. May hold several URLs with commas between them.
std::string redact_url(std::string_view url);

}  // namespace event_consumer
