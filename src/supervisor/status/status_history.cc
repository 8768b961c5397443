#include "supervisor/status/status_history.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "supervisor/format.h"
#include "supervisor/status/status_values.h"

namespace event_consumer {
namespace {

constexpr std::array<const char*, 9> kBars = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

// A bar for each value, its height a share of the highest; what is not 0 shows.
std::string bars(const std::deque<double>& values, std::size_t width) {
  const std::size_t shown = std::min(width, values.size());
  const auto first = values.end() - static_cast<std::ptrdiff_t>(shown);
  const double highest = shown == 0 ? 0 : *std::max_element(first, values.end());
  std::string line;
  for (auto at = first; at != values.end(); ++at)
    line += kBars[highest <= 0 ? 0 : static_cast<std::size_t>(std::ceil(*at / highest * 8))];
  return line;
}

std::string chart(const char* name, const std::deque<double>& values, std::size_t width) {
  if (values.empty()) return "";
  const std::string start = fmt::format("{:<15}{:>12.0f}  ", name, values.back());
  return start + bars(values, width - std::min(width, start.size())) + "\n";
}

}  // namespace

void StatusHistory::add(const std::string& json, TimePoint at) {
  const rapidjson::Document status = parse_status(json);
  const Value& totals = member(status, "totals");
  const Look look{at, number(totals, "received"), number(totals, "inserted"),
                  number(totals, "dead_lettered"), number(totals, "in_hand")};
  // Another instance, or one that was started anew, counts from 0.
  if (!looks_.empty() && look.received < looks_.back().received) looks_.clear();
  looks_.push_back(look);
  if (looks_.size() > kMostLooks) looks_.pop_front();
}

std::deque<double> StatusHistory::rates(std::uint64_t Look::*counter) const {
  std::deque<double> rates;
  for (std::size_t i = 1; i < looks_.size(); ++i) {
    const Look& before = looks_[i - 1];
    const Look& now = looks_[i];
    const std::uint64_t events = now.*counter - std::min(now.*counter, before.*counter);
    rates.push_back(static_cast<double>(events) / in_seconds(now.at - before.at));
  }
  return rates;
}

std::string StatusHistory::charts(std::size_t width) const {
  std::deque<double> in_hand;
  for (std::size_t i = 1; i < looks_.size(); ++i)
    in_hand.push_back(static_cast<double>(looks_[i].in_hand));
  return chart("in/s", rates(&Look::received), width) +
         chart("stored/s", rates(&Look::inserted), width) +
         chart("dead letters/s", rates(&Look::dead_lettered), width) +
         chart("in hand", in_hand, width);
}

}  // namespace event_consumer
