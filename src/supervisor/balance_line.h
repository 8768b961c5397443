// The balance of an instance in words. Supervisor and `event-consumer status` write the same line,
// one from the scoreboard, the other from what /status answered.
#pragma once

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "common/scoreboard/counter_table.h"

namespace event_consumer {

// «received 3 = inserted 2 + dead-lettered 1 + rejected 0 + recognised 0 + returned 0 + in hand 0».
// `total_of_row` says how much a row of the table has counted.
template <typename TotalOfRow>
std::string balance_line(const TotalOfRow& total_of_row, std::uint64_t in_hand) {
  std::string received, verdicts;
  for_each_counter([&](const auto& counter) {
    if (counter.part == BalancePart::kNone) return;
    std::string words = counter.status_key;
    std::replace(words.begin(), words.end(), '_', '-');
    const std::string term = fmt::format("{} {}", words, total_of_row(counter));
    if (counter.part == BalancePart::kReceived)
      received = term;
    else
      verdicts += term + " + ";
  });
  return fmt::format("{} = {}in hand {}", received, verdicts, in_hand);
}

}  // namespace event_consumer
