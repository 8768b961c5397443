// When a quorum queue has delivered a message for the last time: it counts how often a message came
// back, says so in a header, and drops what comes back more often than its delivery limit.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/options.h"
#include "worker/amqp/library.h"

namespace event_consumer {

// The limit that holds on a broker of this version; nothing where there is none, or none is known.
std::optional<std::uint64_t> delivery_limit(const DeliveryLimit& given,
                                            std::string_view server_version);

// «3.10.8» is 3; 0 where there is no number.
int major_version(std::string_view server_version);

// How often the message with these encoded properties has come back by its queue's count; 0 where
// the queue does not count, or has not.
std::uint64_t returns_of(std::string_view properties);
std::uint64_t returns_of(const amqp_basic_properties_t& properties);

}  // namespace event_consumer
