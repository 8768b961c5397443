// Choices: all that a run may choose, gone through depth-first. Each run repeats the choices of the
// one before up to the one that it changes, and takes the first option of all that come after. What
// is not the first option has its price, and a run can pay so much.
#pragma once

#include <array>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <vector>

namespace event_consumer::simulation {

class Choices {
 public:
  enum class Price { kNothing, kDelay, kFault };

  Choices(std::size_t delays, std::size_t faults) : budget_{0, delays, faults} {}

  // Which of so many options.
  std::size_t choose(std::size_t options, Price price) {
    const auto purse = static_cast<std::size_t>(price);
    const bool can_pay = price == Price::kNothing || spent_[purse] < budget_[purse];
    if (options < 2 || !can_pay) return 0;
    if (made_ == path_.size()) path_.push_back({0, options});
    const std::size_t option = path_[made_++].option;
    if (option > 0) ++spent_[purse];
    return option;
  }

  // The next run. False when there is none.
  bool next() {
    made_ = 0;
    spent_ = {};
    for (; !path_.empty(); path_.pop_back())
      if (++path_.back().option < path_.back().options) return true;
    return false;
  }

  // How many there were in this run.
  std::size_t made() const { return made_; }
  bool can_still(Price price) const {
    return spent_[static_cast<std::size_t>(price)] < budget_[static_cast<std::size_t>(price)];
  }

  // «NUMBER=OPTION,…», without those that took the first option; and the same run again.
  std::string path() const {
    std::string text;
    for (std::size_t i = 0; i < made_; ++i)
      if (path_[i].option > 0)
        text +=
            (text.empty() ? "" : ",") + std::to_string(i) + "=" + std::to_string(path_[i].option);
    return text;
  }
  void repeat(const std::string& path) {
    path_.clear();
    for (const char* at = path.c_str(); *at != '\0';) {
      char* end = nullptr;
      const std::size_t number = std::strtoul(at, &end, 10);
      path_.resize(number + 1, {0, 2});
      path_[number].option = std::strtoul(end + 1, &end, 10);
      at = *end == ',' ? end + 1 : end;
    }
  }

 private:
  struct Choice {
    std::size_t option;
    std::size_t options;
  };

  std::vector<Choice> path_;
  std::size_t made_ = 0;
  std::array<std::size_t, 3> budget_;
  std::array<std::size_t, 3> spent_{};
};

}  // namespace event_consumer::simulation
