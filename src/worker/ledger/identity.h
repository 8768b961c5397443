// Identity: by what a message is known again when it comes back over another link.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/fingerprint.h"
#include "worker/message/delivery.h"

namespace event_consumer {

// 128 bits (XXH3) of what a broker never changes of a message: its body, exchange, routing key,
// message id and timestamp. Its headers are left out: a quorum queue writes into them. `way` tells
// apart what comes from another queue, or goes to another table.
Fingerprint identify(const Delivery& delivery, std::uint64_t way);

// Of these names.
std::uint64_t way_of(const std::vector<std::string>& names);

}  // namespace event_consumer
