#include "tests/chaos/chaos_events.h"

#include <cstdlib>

#include "tests/support/click_events.h"

namespace event_consumer::testing {
namespace {

constexpr std::uint64_t kBadEvery = 97;
const std::string kIdKey = "{\"id\": ";

}  // namespace

bool is_bad_event(std::uint64_t id) { return id % kBadEvery == kBadEvery / 2; }

std::string chaos_message(std::uint64_t id) {
  static const ClickEvents events(14);
  ClickEvent event = events.at(id);
  event.timestamp = kTimeOfEvents;
  const std::string body = kIdKey + std::to_string(id) + ", " + to_json(event).substr(1);
  if (!is_bad_event(id)) return body;
  switch (id / kBadEvery % 3) {
    case 0:
      return body.substr(0, body.size() - 1);  // no JSON
    case 1:
      return body + " [";  // a good event, and something else behind it
    default:
      return kIdKey + std::to_string(id) + ", \"timestamp\": {}}";
  }
}

std::optional<std::uint64_t> id_of_message(const std::string& body) {
  if (body.compare(0, kIdKey.size(), kIdKey) != 0) return std::nullopt;
  return std::strtoull(body.c_str() + kIdKey.size(), nullptr, 10);
}

}  // namespace event_consumer::testing
