// JsonObjectText: the text of a JSON object, made member by member. Knows no column. Of a member it
// keeps little beside its text: an event can have a million of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "worker/encode/json_value.h"

namespace event_consumer {

class JsonObjectText {
 public:
  // Forgets all members.
  void clear();

  // Adds a member: its key, and then its value. Bytes that are not UTF-8 become U+FFFD. Of a
  // doubled key, doubled as it stands in the text, the value that is added last counts. All texts
  // together must come to less than 4 GiB. Whatever the keys are, n members take n log n steps:
  // those who publish choose them.
  void begin(std::string_view key);
  void end(const JsonValue& value);

  // The object, in the order in which the keys were added first; valid until the next change.
  std::string_view text();

  // How many bytes there is memory for.
  std::size_t capacity() const;

 private:
  // Begin and end in parts_, of the key as a JSON string.
  struct Member {
    std::uint32_t key;
    std::uint32_t key_end;
    std::uint32_t value;
    std::uint32_t value_end;
  };
  std::string_view key_of(const Member& member) const {
    return std::string_view(parts_).substr(member.key, member.key_end - member.key);
  }
  void join_doubled();

  std::string parts_;                  // keys and values as they were added
  std::vector<Member> members_;        // in the order in which they were added
  std::vector<std::uint32_t> by_key_;  // places in members_
  std::string text_;
};

// The value as it stands in a JSON text; an absent one is null.
std::string to_json(const JsonValue& value);

}  // namespace event_consumer
