#include "common/environment.h"

#include <unistd.h>

#include "common/near_miss.h"
#include "common/text.h"

namespace event_consumer {
namespace {

constexpr std::string_view kOurs = "EVENT_CONSUMER_";

// «tcp://HOST:PORT» in a variable NAME_PORT, as Kubernetes and Docker's old links set it for a
// Service called NAME (kubernetes.io, «Discovering services», environment variables).
bool is_service_link(const std::string& name, const std::string& text) {
  return ends_with(name, "_PORT") && starts_with(text, "tcp://") && !contains(text, "@");
}

// Such a link, or one of the variables that are set beside it: NAME_SERVICE_HOST,
// NAME_SERVICE_PORT_HTTP, NAME_PORT_8123_TCP_ADDR and the like.
bool is_of_a_service(const std::string& name, const std::string& text) {
  const std::string numbered = "_PORT_";
  const auto at = name.find(numbered);
  const bool has_number =
      at != std::string::npos && contains("0123456789", name.substr(at + numbered.size(), 1));
  return has_number || is_service_link(name, text) || contains(name, "_SERVICE_HOST") ||
         contains(name, "_SERVICE_PORT");
}

}  // namespace

OptionVariables read_environment(const Settings& variables) {
  std::vector<std::string> known = option_variables();
  known.emplace_back(kConfigVariable);
  OptionVariables read;
  for (const auto& [name, text] : variables) {
    const std::string no_options =
        "environment variable " + printable(name, 100) + " is not the variable of any option";
    if (find_option(name) != nullptr) {
      if (is_service_link(name, text))
        read.notes.push_back(name + "=" + printable(text, 100) +
                             " is passed over: it is Kubernetes' link to a Service, and no port; "
                             "set " +
                             name + " yourself, or enableServiceLinks: false in the Pod");
      else
        read.settings[name] = without_line_break(text);
    } else if (name == kConfigVariable || is_of_a_service(name, text)) {
      continue;
    } else if (starts_with(name, kOurs)) {
      read.refusal += (read.refusal.empty() ? "" : "; ") + no_options + did_you_mean(name, known);
    } else if (const std::string meant = did_you_mean(name, known); !meant.empty()) {
      read.notes.push_back(no_options + " and has no effect" + meant);
    }
  }
  return read;
}

Settings process_environment() {
  Settings variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    // Of a name that stands twice, getenv(3) takes the first.
    if (equals != std::string_view::npos)
      variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

}  // namespace event_consumer
