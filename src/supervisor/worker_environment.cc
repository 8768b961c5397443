#include "supervisor/worker_environment.h"

#include <unistd.h>

#include <string_view>

namespace event_consumer {

std::vector<std::string> worker_environment(const Settings& option_texts) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::string name(text.substr(0, text.find('=')));
    // Nor shall a child speak to systemd for the service.
    const bool is_ours = name == kConfigVariable || name == "NOTIFY_SOCKET" ||
                         name == "WATCHDOG_USEC" || name == "WATCHDOG_PID" ||
                         find_option(name) != nullptr;
    if (!is_ours) environment.emplace_back(text);
  }
  for (const auto& [name, text] : option_texts) environment.push_back(name + "=" + text);
  return environment;
}

}  // namespace event_consumer
