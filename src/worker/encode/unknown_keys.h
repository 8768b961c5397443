// UnknownKeys: the keys of events that are no column's name: how many came, and the first names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace event_consumer {

class UnknownKeys {
 public:
  // So many names are kept; of the rest only the number.
  static constexpr std::size_t kMostNames = 20;

  void note(std::string_view key);

  // How many were noted since this was asked last.
  std::uint64_t take_count() { return std::exchange(count_, 0); }

  // The first names that came, each once, those of before left out. For people, excerpt() them.
  std::vector<std::string> take_new_names();

 private:
  std::uint64_t count_ = 0;
  std::vector<std::string> names_;
  std::size_t taken_ = 0;  // of names_
};

}  // namespace event_consumer
