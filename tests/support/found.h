// What a regular expression finds in a text.
#pragma once

#include <regex>
#include <set>
#include <string>

namespace event_consumer::testing {

// What the first group of `pattern` matches in `text`, each once.
inline std::set<std::string> found(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  std::set<std::string> all;
  for (auto at = std::sregex_iterator(text.begin(), text.end(), regex);
       at != std::sregex_iterator(); ++at)
    all.insert((*at)[1]);
  return all;
}

}  // namespace event_consumer::testing
