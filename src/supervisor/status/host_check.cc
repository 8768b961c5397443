#include "supervisor/status/host_check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <string>

#include "common/text.h"

namespace event_consumer {

bool is_on_loopback(int listen_fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getsockname(listen_fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return false;
  if (address.ss_family == AF_INET6)
    return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
  const auto& ip = reinterpret_cast<const sockaddr_in&>(address);
  return address.ss_family == AF_INET &&
         ntohl(ip.sin_addr.s_addr) >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET;
}

bool is_local_host(std::string_view host, std::string_view own_name) {
  // No name has a colon, so this is an IPv6 address.
  if (std::count(host.begin(), host.end(), ':') > 1) return true;
  const std::string name = to_lower(host.substr(0, host.find(':')));
  in_addr ip{};
  return name.empty() || name == "localhost" || ends_with(name, ".localhost") ||
         name == to_lower(own_name) || inet_pton(AF_INET, name.c_str(), &ip) == 1;
}

}  // namespace event_consumer
