#include "common/scoreboard/durability.h"

#include <spdlog/fmt/fmt.h>

namespace event_consumer {

std::string describe(const StoredIn& stored) {
  switch (stored.durability) {
    case Durability::kUnknown:
      break;
    case Durability::kMemory:
      return "in memory only";
    case Durability::kElsewhere:
      return "where the table's engine hands rows on to";
    case Durability::kShards:
      return "on the shards of the table";
    case Durability::kPageCache:
      return "in the page cache of one server";
    case Durability::kDisk:
      return "on the disk of one server";
    case Durability::kReplicas:
      return fmt::format("on at least {}", stored.replicas == 1
                                               ? "one replica"
                                               : fmt::format("{} replicas", stored.replicas));
  }
  return "not known yet";
}

}  // namespace event_consumer
