#include "common/near_miss.h"

#include <algorithm>

#include "common/text.h"

namespace event_consumer {
namespace {

constexpr std::size_t kFarthest = 2;

}  // namespace

std::size_t edit_distance(std::string_view first, std::string_view second) {
  const std::string one = to_lower(first);
  const std::string other = to_lower(second);
  // row[j] is the distance of the first i characters of `one` from the first j of `other`.
  std::vector<std::size_t> before_last, last, row(other.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= one.size(); ++i) {
    before_last = std::move(last);
    last = row;
    row[0] = i;
    for (std::size_t j = 1; j <= other.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row.back();
}

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  std::string found;
  std::size_t least = std::min(kFarthest + 1, (word.size() + 2) / 3);
  for (const std::string& candidate : known) {
    const std::size_t longer = std::max(word.size(), candidate.size());
    if (longer - std::min(word.size(), candidate.size()) >= least) continue;  // at least so far
    const std::size_t distance = edit_distance(word, candidate);
    if (distance >= least) continue;
    least = distance;
    found = candidate;
  }
  return found;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  const std::string meant = nearest(word, known);
  return meant.empty() || meant == word ? "" : ": did you mean " + meant + "?";
}

}  // namespace event_consumer
