// A host, by name or by address, and a port.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/option_parsers.h"

namespace event_consumer {

struct HostPort {
  std::string host;
  int port;

  // «host:port», an IPv6 address in brackets.
  std::string describe() const;
};

inline bool operator==(const HostPort& a, const HostPort& b) {
  return a.host == b.host && a.port == b.port;
}

// Reads one or more «host» or «host:port» with commas between them; a host without a port gets
// `default_port`. An IPv6 address with a port stands in brackets. Returns what is wrong, or
// nothing.
ParseError parse_hosts(const std::string& text, int default_port, std::vector<HostPort>& hosts);

}  // namespace event_consumer
