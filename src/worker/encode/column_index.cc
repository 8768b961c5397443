#include "worker/encode/column_index.h"

#include <utility>

#include "common/text.h"

namespace event_consumer {

ColumnIndex::ColumnIndex(std::vector<std::string> names) : names_(std::move(names)) {
  for (std::size_t column = 0; column < names_.size(); ++column) {
    by_name_.emplace(names_[column], column);
    const auto [other, is_new] = by_lower_case_.emplace(to_lower(names_[column]), column);
    if (!is_new) other->second = kNone;
    successor_.push_back(column);
  }
  successor_.push_back(0);
  // Something for the first guess, which no key in UTF-8 is.
  if (names_.empty()) names_.emplace_back("\xff");
}

ColumnIndex::Match ColumnIndex::look_up(std::string_view key) {
  const auto found = by_name_.find(key);
  if (found != by_name_.end()) {
    successor_[previous_] = found->second;
    previous_ = found->second + 1;
    return {found->second, true};
  }
  const auto similar = by_lower_case_.find(to_lower(key));
  return {similar == by_lower_case_.end() ? kNone : similar->second, false};
}

}  // namespace event_consumer
