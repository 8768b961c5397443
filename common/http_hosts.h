// The hosts of a server that speaks HTTP or HTTPS, as people write them: as hosts, or as the
// addresses that they would give to curl.
#pragma once

#include <string>
#include <vector>

#include "common/host_port.h"

namespace event_consumer {

// Reads what parse_hosts reads; before a host may stand «http://» or «https://», and behind it one
// «/». `tls` is whether a host bears «https://»; then all are to be spoken to with TLS, and none
// may bear «http://». Returns what is wrong, or nothing.
ParseError parse_http_hosts(const std::string& text, int default_port, bool& tls,
                            std::vector<HostPort>& hosts);

// `text` for people: «***» where it holds more than hosts, which may be a password.
std::string hosts_without_password(const std::string& text);

}  // namespace event_consumer
