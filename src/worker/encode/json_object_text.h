// JsonObjectText: the text of a JSON object, made member by member. Knows no column.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "worker/encode/json_value.h"

namespace event_consumer {

class JsonObjectText {
 public:
  // Forgets all members.
  void clear();

  // Adds a member: its key, and then its value. Bytes that are not UTF-8 become U+FFFD. Of a
  // doubled key the value that is added last counts.
  void begin(std::string_view key);
  void end(const JsonValue& value);

  // The object, in the order in which the keys were added first; valid until the next change.
  std::string_view text();

 private:
  std::vector<std::string> values_;
  std::vector<std::string> keys_;                        // as JSON strings
  std::unordered_map<std::string, std::size_t> places_;  // by the key as it is
  std::size_t place_ = 0;                                // of the value that is added next
  std::string text_;
};

// The value as it stands in a JSON text; an absent one is null.
std::string to_json(const JsonValue& value);

}  // namespace event_consumer
