// ServiceManager: systemd's end of the notification socket, and the environment that it gives.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "common/unique_fd.h"
#include "tests/supervisor/process_tools.h"

namespace event_consumer::testing {

class ServiceManager {
 public:
  ServiceManager() : socket_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    const std::string path = directory_ / "notify";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    if (bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("cannot bind " + path);
    setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  ~ServiceManager() {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) unsetenv(name);
  }

  // The next message; empty when there is none.
  std::string message() const {
    std::array<char, 4096> bytes;
    const ssize_t got = recv(socket_.get(), bytes.data(), bytes.size(), 0);
    return got < 0 ? "" : std::string(bytes.data(), static_cast<std::size_t>(got));
  }

 private:
  PrivateDirectory directory_;
  UniqueFd socket_;
};

}  // namespace event_consumer::testing
