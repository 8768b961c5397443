// What «stored» means: where the rows of an insert are that ClickHouse has answered, and so what
// they outlive.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace event_consumer {

// From the least to the most that rows outlive. The words are those of status and metrics.
enum class Durability : std::uint64_t {
  kUnknown,    // no server was asked yet
  kMemory,     // a restart of the server loses them
  kElsewhere,  // the table's engine has handed them on
  kShards,     // those of a Distributed table have answered
  kPageCache,  // of one server, which may crash; a power loss takes the newest rows
  kDisk,       // of one server, by fsync
  kReplicas,   // so many have them
};
constexpr std::array<std::string_view, 7> kDurabilityWords = {
    "unknown", "memory", "elsewhere", "shards", "page_cache", "disk", "replicas"};
constexpr std::string_view word(Durability durability) {
  return kDurabilityWords[static_cast<std::size_t>(durability)];
}

struct StoredIn {
  Durability durability;
  std::uint64_t replicas;  // at least; 0 unless kReplicas
};

// «in the page cache of one server».
std::string describe(const StoredIn& stored);

}  // namespace event_consumer
