#include "worker/commands/resolve.h"

#include <netdb.h>
#include <sys/socket.h>

namespace event_consumer {

bool check_host(const std::string& host, const char* variable, Report& report) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* addresses = nullptr;
  const int error = getaddrinfo(host.c_str(), nullptr, &hints, &addresses);
  if (error == 0) {
    freeaddrinfo(addresses);
    return true;
  }
  report.bad(error == EAI_AGAIN ? ErrorKind::kUnavailable : ErrorKind::kConfiguration,
             "host name " + host + " cannot be resolved: " + gai_strerror(error),
             std::string("correct ") + variable + ", or the DNS");
  return false;
}

}  // namespace event_consumer
