#include "common/redact.h"

namespace event_consumer {

std::string redact_url(std::string_view url) {
  const auto scheme_end = url.find(':');
  const bool has_scheme =
      scheme_end != std::string_view::npos && url.substr(scheme_end, 3) == "://";
  const auto authority = has_scheme ? scheme_end + 3 : 0;
  const auto at = url.rfind('@');
  if (at == std::string_view::npos || at < authority) return std::string(url);
  const auto colon = url.find(':', authority);
  if (colon == std::string_view::npos || colon > at) return std::string(url);
  return std::string(url.substr(0, colon + 1)) + "***" + std::string(url.substr(at));
}

}  // namespace event_consumer
