// Arguments of queue.declare.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "worker/amqp/reply.h"

namespace event_consumer {

struct QueueArgument {
  std::string name;
  std::string text;                                   // its value, …
  std::optional<std::int64_t> number = std::nullopt;  // … unless it is a number
  bool is_switch = false;                             // 0 or 1 of it
};

// Owns nothing: `arguments` must outlive it.
class QueueArgumentTable {
 public:
  explicit QueueArgumentTable(const std::vector<QueueArgument>& arguments);
  amqp_table_t get() { return {static_cast<int>(entries_.size()), entries_.data()}; }

 private:
  std::vector<amqp_table_entry_t> entries_;
};

}  // namespace event_consumer
