#include "common/http_hosts.h"

#include <algorithm>

#include "common/redact.h"
#include "common/text.h"

namespace event_consumer {
namespace {

constexpr std::string_view kPlain = "http://";
constexpr std::string_view kTls = "https://";

bool take(std::string_view& text, std::string_view start) {
  const bool is_there = starts_with(text, start);
  if (is_there) text.remove_prefix(start.size());
  return is_there;
}

}  // namespace

ParseError parse_http_hosts(const std::string& text, int default_port, bool& tls,
                            std::vector<HostPort>& hosts) {
  if (text.find_first_of("@?") != std::string::npos)
    return "expected hosts and ports alone: user, password and database have options of their own";
  if (contains(text, "tcp://"))
    return "tcp:// is the native protocol, and this program speaks HTTP: expected HOST or "
           "HOST:PORT, with the HTTP port";
  bool plain = false;
  tls = false;
  std::string bare;
  for (const std::string& item : parse_list(text)) {
    std::string_view host = item;
    const bool has_tls = take(host, kTls);
    const bool has_plain = !has_tls && take(host, kPlain);
    tls = tls || has_tls;
    plain = plain || has_plain;
    if ((has_tls || has_plain) && !host.empty() && host.back() == '/') host.remove_suffix(1);
    // An empty host is wrong, and parse_hosts would pass over it.
    bare += (host.empty() ? ":" : std::string(host)) + ",";
  }
  if (plain && tls) return "expected http:// or https://, not both";
  return parse_hosts(bare, default_port, hosts);
}

std::string hosts_without_password(const std::string& text) {
  if (text.find_first_of("@?") != std::string::npos) return "***";
  for (const std::string& item : parse_list(text)) {
    std::string_view host = item;
    if (!take(host, kTls)) take(host, kPlain);
    // Of more colons it is an IPv6 address.
    if (std::count(host.begin(), host.end(), ':') == 1 && redact_url(host) != host) return "***";
  }
  return text;
}

}  // namespace event_consumer
