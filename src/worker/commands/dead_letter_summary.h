// DeadLetterSummary: how many dead letters there are of each reason and column. Prints nothing
// itself.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include "worker/amqp/dead_letter_headers.h"

namespace event_consumer {

class DeadLetterSummary {
 public:
  // In any order.
  void add(const DeadLetterFacts& facts);

  // A line for each reason and column, the most frequent first: how many there are, and the error
  // of the latest.
  std::string to_lines() const;
  // The same as an object a line: count, reason, column, oldest, latest (times), and the latest
  // error; each a string but the first, "" where the letters do not say.
  std::string to_json_lines() const;

 private:
  // Whoever writes letters of their own may think of ever new names: the rest are counted as one.
  static constexpr std::size_t kMostGroups = 1000;

  struct Group {
    std::size_t count = 0;
    DeadLetterFacts latest;
    std::string oldest;
  };
  using Name = std::pair<std::string, std::string>;  // reason and column

  template <typename ToLine>
  std::string each_line(const ToLine& to_line) const;

  std::map<Name, Group> groups_;
};

}  // namespace event_consumer
