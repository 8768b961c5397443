#include "supervisor/listen.h"

#include <netdb.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

namespace event_consumer {

Result<UniqueFd> listen_on(const HostPort& where) {
  const std::string failed = "cannot listen on " + where.describe() + ": ";
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int status =
      getaddrinfo(where.host.c_str(), std::to_string(where.port).c_str(), &hints, &found);
  if (status != 0)
    return Error{status == EAI_AGAIN ? ErrorKind::kUnavailable : ErrorKind::kUsage,
                 failed + gai_strerror(status)};
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);

  int error = 0;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    UniqueFd fd(socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) {
      error = errno;
      continue;
    }
    const int yes = 1;
    setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd.get(), address->ai_addr, address->ai_addrlen) == 0 &&
        listen(fd.get(), SOMAXCONN) == 0)
      return fd;
    error = errno;
  }
  // The interface that has the address may not be up yet.
  const bool may_come = error == EADDRNOTAVAIL;
  return Error{may_come ? ErrorKind::kUnavailable : ErrorKind::kUsage,
               failed + std::strerror(error)};
}

}  // namespace event_consumer
