#include "worker/ledger/identity.h"

#include <xxhash.h>

#include <string>

#include "worker/batch/crash_guard.h"
#include "worker/message/basic_properties.h"

namespace event_consumer {

Fingerprint identify(const Delivery& delivery, std::uint64_t way) {
  const Fingerprint body = fingerprint_of(delivery);
  thread_local std::string rest;
  rest.clear();
  // Short strings of AMQP may hold any byte, but no more than 255: their lengths keep them apart.
  const auto append = [](std::string_view text) {
    rest.push_back(static_cast<char>(text.size()));
    rest.append(text);
  };
  append(delivery.exchange);
  append(delivery.routing_key);
  const BasicProperties properties = read_basic_properties(delivery.properties);
  append(properties.message_id.value_or(std::string_view()));
  rest.append(std::to_string(properties.timestamp.value_or(0)));
  const XXH128_hash_t all = XXH3_128bits_withSeed(rest.data(), rest.size(), body.low ^ way);
  return {all.high64 ^ body.high, all.low64};
}

std::uint64_t way_of(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += name + '\0';
  return XXH3_64bits(all.data(), all.size());
}

}  // namespace event_consumer
