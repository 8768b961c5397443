#include "worker/encode/unknown_keys.h"

#include <algorithm>

#include "common/utf8.h"

namespace event_consumer {

void UnknownKeys::note(std::string_view key) {
  ++count_;
  if (names_.size() == kMostNames) return;
  std::string name = excerpt(key);
  if (std::find(names_.begin(), names_.end(), name) == names_.end())
    names_.push_back(std::move(name));
}

}  // namespace event_consumer
