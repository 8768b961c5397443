// ChaosQueue: the queue of a chaos run, and what may be in it.
#pragma once

#include <functional>
#include <string>

#include "tests/chaos/chaos_table.h"

namespace event_consumer::testing {

class ChaosQueue {
 public:
  // Ids from the first one that is not known to be stored to the next one that is published.
  struct Range {
    std::uint64_t first;
    std::uint64_t end;
  };

  // Declares it; `table` must live longer, and whatever `open_ids` asks.
  ChaosQueue(std::string url, std::string name, const std::string& queue_type,
             const ChaosTable& table, std::function<Range()> open_ids);
  // Deletes it, and that for dead letters.
  ~ChaosQueue();
  ChaosQueue(const ChaosQueue&) = delete;
  ChaosQueue& operator=(const ChaosQueue&) = delete;

  const std::string& name() const { return name_; }
  // Deletes it. Returns what may have been in it: all of those ids that were not stored then.
  Taken remove() const;
  // Waits until somebody has declared it. Whether somebody has.
  bool comes_back() const;

 private:
  std::string url_;
  std::string name_;
  const ChaosTable& table_;
  std::function<Range()> open_ids_;
};

}  // namespace event_consumer::testing
