#include "worker/commands/dead_letter_summary.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <vector>

#include "common/text.h"
#include "common/utf8.h"

namespace event_consumer {
namespace {

constexpr std::size_t kMostNameBytes = 100;
constexpr std::size_t kMostErrorBytes = 300;

}  // namespace

void DeadLetterSummary::add(const DeadLetterFacts& facts) {
  Name name{facts.reason, facts.column};
  if (groups_.size() >= kMostGroups && groups_.count(name) == 0) name = {"(others)", ""};
  Group& group = groups_[name];
  const bool is_first = group.count++ == 0;
  // A quorum queue may hand them out in another order, once somebody has looked at some.
  const bool is_older = group.oldest.empty() || facts.time < group.oldest;
  if (is_older && !facts.time.empty()) group.oldest = facts.time;
  if (is_first || facts.time >= group.latest.time) group.latest = facts;
}

template <typename ToLine>
std::string DeadLetterSummary::each_line(const ToLine& to_line) const {
  std::vector<const std::pair<const Name, Group>*> sorted;
  for (const auto& each : groups_) sorted.push_back(&each);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto* a, const auto* b) { return a->second.count > b->second.count; });
  std::string lines;
  for (const auto* each : sorted) lines += to_line(each->first, each->second);
  return lines;
}

std::string DeadLetterSummary::to_lines() const {
  return each_line([](const Name& name, const Group& group) {
    std::string line =
        fmt::format("{:>9}  {}", group.count,
                    name.first.empty() ? "(no reason)" : printable(name.first, kMostNameBytes));
    if (!name.second.empty()) line += "  column " + printable(name.second, kMostNameBytes);
    if (!group.latest.error.empty())
      line += "  such as: " + printable(group.latest.error, kMostErrorBytes);
    return line + "\n";
  });
}

std::string DeadLetterSummary::to_json_lines() const {
  return each_line([](const Name& name, const Group& group) {
    return "{\"count\":" + std::to_string(group.count) + ",\"reason\":" + json_string(name.first) +
           ",\"column\":" + json_string(name.second) + ",\"oldest\":" + json_string(group.oldest) +
           ",\"latest\":" + json_string(group.latest.time) +
           ",\"error\":" + json_string(group.latest.error) + "}\n";
  });
}

}  // namespace event_consumer
