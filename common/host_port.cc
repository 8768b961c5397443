#include "common/host_port.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace event_consumer {
namespace {

// Nothing when the text is no host, or what follows it is no port.
std::optional<HostPort> parse_host(const std::string& text, int default_port) {
  HostPort parsed{text, default_port};
  std::string rest;
  if (text.front() == '[') {
    const auto end = text.find(']');
    if (end == std::string::npos) return std::nullopt;
    parsed.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else if (std::count(text.begin(), text.end(), ':') == 1) {  // more: a bare IPv6 address
    const auto colon = text.find(':');
    parsed.host = text.substr(0, colon);
    rest = text.substr(colon);
  }
  if (parsed.host.empty() || parsed.host.find_first_of("/@ []") != std::string::npos)
    return std::nullopt;
  if (rest.empty()) return parsed;
  if (rest.front() != ':' || parse_port(rest.substr(1), parsed.port)) return std::nullopt;
  return parsed;
}

}  // namespace

std::string HostPort::describe() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

ParseError parse_hosts(const std::string& text, int default_port, std::vector<HostPort>& hosts) {
  hosts.clear();
  for (const std::string& item : parse_list(text)) {
    auto host = parse_host(item, default_port);
    if (!host) return "expected HOST or HOST:PORT, several with commas between them";
    hosts.push_back(std::move(*host));
  }
  if (hosts.empty()) return "must not be empty";
  return std::nullopt;
}

}  // namespace event_consumer
