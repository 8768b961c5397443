#include "worker/encode/column_index.h"

#include <utility>

namespace event_consumer {

ColumnIndex::ColumnIndex(std::vector<std::string> names) : names_(std::move(names)) {
  for (std::size_t column = 0; column < names_.size(); ++column) {
    by_name_.emplace(names_[column], column);
    successor_.push_back(column);
  }
  successor_.push_back(0);
}

std::size_t ColumnIndex::look_up(std::string_view key) {
  const auto found = by_name_.find(key);
  if (found == by_name_.end()) return kNone;
  successor_[previous_] = found->second;
  previous_ = found->second + 1;
  return found->second;
}

}  // namespace event_consumer
