// Versions of the servers, as «26.7.2.1», in their order.
#pragma once

#include <algorithm>
#include <charconv>
#include <string_view>

namespace event_consumer::testing {

// Whether `version` is not older than `oldest`, which may have fewer parts.
inline bool is_at_least(std::string_view version, std::string_view oldest) {
  const auto take_number = [](std::string_view& text) {
    int number = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), number).ptr;
    text.remove_prefix(std::min<std::size_t>(end - text.data() + 1, text.size()));
    return number;
  };
  while (!oldest.empty()) {
    const int has = take_number(version), needs = take_number(oldest);
    if (has != needs) return has > needs;
  }
  return true;
}

}  // namespace event_consumer::testing
