// Identity: by what a message is known again when it comes back over another link.
#pragma once

#include "common/fingerprint.h"
#include "worker/message/delivery.h"

namespace event_consumer {

// 128 bits (XXH3) of what a broker never changes of a message: its body, exchange, routing key,
// message id and timestamp. Its headers are left out: a quorum queue writes into them.
Fingerprint identify(const Delivery& delivery);

}  // namespace event_consumer
