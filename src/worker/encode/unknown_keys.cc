#include "worker/encode/unknown_keys.h"

#include "common/text.h"

namespace event_consumer {
namespace {

// The beginning of a longer one tells as much.
constexpr std::size_t kLongestName = 256;

}  // namespace

void UnknownKeys::note(std::string_view key) {
  ++count_;
  if (names_.size() == kMostNames) return;
  const std::string_view name = key.substr(0, kLongestName);
  if (!contains(names_, name)) names_.emplace_back(name);
}

std::vector<std::string> UnknownKeys::take_new_names() {
  const auto first =
      names_.begin() + static_cast<std::ptrdiff_t>(std::exchange(taken_, names_.size()));
  return {first, names_.end()};
}

}  // namespace event_consumer
