#include "common/redact.h"

#include <algorithm>
#include <string>

#include "common/option_parsers.h"

namespace event_consumer {

namespace {

// Without an «@», what stands where the port would may be a password behind which the host was
// forgotten.
bool is_host_and_port(std::string_view authority, std::size_t colon) {
  int port = 0;
  return authority.front() == '[' || !parse_port(std::string(authority.substr(colon + 1)), port);
}

// The values of parameters, but for that of the only one that has an effect.
std::string without_parameters(std::string_view url) {
  std::string shown;
  bool is_in_query = false;
  while (!url.empty()) {
    const char sign = url.front();
    shown += sign;
    url.remove_prefix(1);
    is_in_query = sign == '?' || (is_in_query && sign == '&');
    if (!is_in_query) continue;
    const auto parameter = url.substr(0, std::min(url.find('&'), url.find(",amqp")));
    const auto name = parameter.substr(0, parameter.find('='));
    const bool is_shown = name == "heartbeat" || name == parameter;
    shown += is_shown ? std::string(parameter) : std::string(name) + "=***";
    url.remove_prefix(parameter.size());
  }
  return shown;
}

std::string without_password(std::string_view url) {
  const auto scheme_end = url.find("://");
  const bool has_scheme = scheme_end != std::string_view::npos && url.find(':') == scheme_end;
  const auto begin = has_scheme ? scheme_end + 3 : 0;
  const auto colon = url.find(':', begin);
  if (colon == std::string_view::npos) return std::string(url);
  const std::string shown = std::string(url.substr(0, colon + 1)) + "***";
  const auto at = url.rfind('@');
  if (at != std::string_view::npos)
    return at < colon ? std::string(url) : shown + std::string(url.substr(at));
  const auto authority = url.substr(begin, url.find_first_of("/?", begin) - begin);
  if (colon - begin >= authority.size() || is_host_and_port(authority, colon - begin))
    return std::string(url);
  return shown;
}

}  // namespace

std::string redact_url(std::string_view url) { return without_parameters(without_password(url)); }

}  // namespace event_consumer
