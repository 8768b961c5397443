// StoredRuns: whether what is stored is a witness for every shard of a Distributed table. Its rows
// go to several shards, of which one may refuse all that it gets while others store theirs; which
// row goes to which is not known. A run of many messages, none refused in between, has some for
// each.
#pragma once

#include <cstddef>
#include <optional>

#include "common/clock.h"

namespace event_consumer {

class StoredRuns {
 public:
  // An insert of so many messages was stored, whose post began then.
  void stored(std::size_t messages, TimePoint posted_at) {
    if (messages_ == 0) posted_at_ = posted_at;
    messages_ += messages;
    if (messages_ < kMessagesOfRun) return;
    latest_posted_at_ = posted_at_;
    messages_ = 0;
    is_in_doubt_ = false;
  }
  // One was refused, and it may be the shard.
  void refused() {
    messages_ = 0;
    is_in_doubt_ = true;
  }

  // Whether a shard may refuse all that it gets, as far as is known.
  bool is_in_doubt() const { return is_in_doubt_; }
  // When the first post of the latest run began.
  std::optional<TimePoint> latest_posted_at() const { return latest_posted_at_; }

 private:
  // Of ten shards one gets none of so many once in 10^11 times.
  static constexpr std::size_t kMessagesOfRun = 256;

  TimePoint posted_at_{};  // of the first message of the run that is under way
  std::size_t messages_ = 0;
  std::optional<TimePoint> latest_posted_at_;
  bool is_in_doubt_ = false;
};

}  // namespace event_consumer
