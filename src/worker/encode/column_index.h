// ColumnIndex: finds the column of a key: the one of exactly that name, else the only one whose
// name differs in the case of its ASCII letters alone, as JSONEachRow does since ClickHouse 26.7.
// Publishers write the keys of all their events in one order, so the index remembers which column
// followed which and compares that column's name first: a hash is computed only for other keys and
// where the order changes. Knows nothing of JSON.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace event_consumer {

class ColumnIndex {
 public:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  // `names` are those of the columns, in order, and none comes twice.
  explicit ColumnIndex(std::vector<std::string> names);
  ColumnIndex(const ColumnIndex&) = delete;
  ColumnIndex& operator=(const ColumnIndex&) = delete;

  std::size_t size() const { return successor_.size() - 1; }

  // To be called before the first key of each event.
  void start_event() { previous_ = 0; }

  struct Match {
    std::size_t column;  // its number, or kNone
    bool is_exact;       // not only but for the case
  };

  Match find(std::string_view key) {
    const std::size_t guess = successor_[previous_];
    if (names_[guess] != key) return look_up(key);
    previous_ = guess + 1;
    return {guess, true};
  }

 private:
  Match look_up(std::string_view key);

  std::vector<std::string> names_;
  std::unordered_map<std::string_view, std::size_t> by_name_;   // its keys point into names_
  std::unordered_map<std::string, std::size_t> by_lower_case_;  // kNone: of several columns
  std::vector<std::size_t> successor_;  // [0]: the first column, [i + 1]: the one after column i
  std::size_t previous_ = 0;            // where in successor_ the next guess stands
};

}  // namespace event_consumer
