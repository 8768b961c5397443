#include "worker/encode/event_paths.h"

#include <algorithm>
#include <charconv>
#include <functional>

#include "worker/encode/json_compound.h"

namespace event_consumer {
namespace {

std::optional<std::size_t> to_index(std::string_view key) {
  std::size_t index = 0;
  const char* const end = key.data() + key.size();
  const auto parsed = std::from_chars(key.data(), end, index);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return index;
}

template <typename Node>
void forget(const Node& node, std::vector<JsonValue>& values) {
  if (node.place) values[*node.place] = {};
  for (const Node& child : node.children) forget(child, values);
}

}  // namespace

std::size_t EventPaths::add(std::size_t root, const std::vector<std::string>& path,
                            std::size_t place) {
  auto at = std::find_if(roots_.begin(), roots_.end(),
                         [&](const Root& each) { return each.place == root; });
  if (at == roots_.end()) at = roots_.insert(roots_.end(), {root, {path.front(), {}, {}, {}}});
  Node* node = &at->node;
  for (auto key = path.begin() + 1; key != path.end(); ++key) {
    auto child = std::find_if(node->children.begin(), node->children.end(),
                              [&](const Node& each) { return each.key == *key; });
    if (child == node->children.end())
      child = node->children.insert(child, {*key, to_index(*key), {}, {}});
    node = &*child;
  }
  if (!node->place) node->place = place;
  return *node->place;
}

void EventPaths::fill(std::vector<JsonValue>& values) {
  strings_.clear();
  for (const Root& root : roots_) {
    const JsonValue value = values[root.place];
    if (value.kind != JsonValue::Kind::kCompound) continue;
    text_ = value.text;
    walk(root.node, value.text, values);
  }
}

void EventPaths::walk(const Node& node, std::string_view compound, std::vector<JsonValue>& values) {
  if (compound.front() == '[') return walk_array(node, compound, values);
  JsonCompound members(compound);
  while (const auto key = members.next()) {
    const auto child = std::find_if(node.children.begin(), node.children.end(),
                                    [&](const Node& each) { return each.key == key->text; });
    const auto value = members.next();
    if (child != node.children.end()) found(*child, *value, values);
  }
}

void EventPaths::walk_array(const Node& node, std::string_view array,
                            std::vector<JsonValue>& values) {
  JsonCompound items(array);
  std::size_t left = node.children.size();
  for (std::size_t index = 0; left > 0; ++index) {
    const auto value = items.next();
    if (!value) return;
    for (const Node& child : node.children) {
      if (child.index != index) continue;
      found(child, *value, values);
      --left;
    }
  }
}

void EventPaths::found(const Node& node, const JsonValue& value, std::vector<JsonValue>& values) {
  forget(node, values);
  if (node.place) {
    JsonValue& place = values[*node.place];
    place = value;
    const std::less<> before;
    const bool is_own = !before(value.text.data(), text_.data()) &&
                        before(value.text.data(), text_.data() + text_.size());
    if (!is_own) place.text = strings_.emplace_back(value.text);
  }
  if (!node.children.empty() && value.kind == JsonValue::Kind::kCompound)
    walk(node, value.text, values);
}

}  // namespace event_consumer
