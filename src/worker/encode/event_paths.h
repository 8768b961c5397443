// EventPaths: finds values within the objects and arrays of an event, by the keys and indexes that
// lead to them («user.id», «items.0.price»). However many paths lead into one, it is gone through
// once.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "worker/encode/json_value.h"

namespace event_consumer {

class EventPaths {
 public:
  // What is found along `path` (at least two keys), of which `root` is the place of the first one's
  // value, goes to `place`. A path that was added before keeps its place, which is returned.
  std::size_t add(std::size_t root, const std::vector<std::string>& path, std::size_t place);

  // Puts what is found in the values of the roots to its places in the same `values`, which must be
  // absent there. Of a doubled key the last counts. Valid until the next call, and as long as the
  // values of the roots.
  void fill(std::vector<JsonValue>& values);

  bool empty() const { return roots_.empty(); }

 private:
  struct Node {
    std::string key;
    std::optional<std::size_t> index;  // the key as that of an element of an array
    std::optional<std::size_t> place;
    std::vector<Node> children;
  };
  struct Root {
    std::size_t place;
    Node node;
  };

  void walk(const Node& node, std::string_view compound, std::vector<JsonValue>& values);
  void walk_array(const Node& node, std::string_view array, std::vector<JsonValue>& values);
  void found(const Node& node, const JsonValue& value, std::vector<JsonValue>& values);

  std::vector<Root> roots_;
  std::string_view text_;            // that of the root that is gone through
  std::deque<std::string> strings_;  // those with escapes, which stand nowhere in an event
};

}  // namespace event_consumer
