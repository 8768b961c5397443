// What the user may do on the broker, asked so that nothing happens when the answer is yes: AMQP
// has no question for it, so each is a request that fails for another reason behind the check of
// rights.
#pragma once

#include <string>

#include "worker/amqp/connection.h"

namespace event_consumer {

// Whether a consumer may be started on `queue`, which exists: the right to read it. The Error is
// the broker's refusal. Uses and leaves open `channel`.
Result<Done> may_consume(AmqpConnection& connection, amqp_channel_t channel,
                         const std::string& queue);

// Whether messages may be published straight to queues: the right to write to the default exchange,
// which RabbitMQ calls amq.default. The Error is the broker's refusal. Uses and leaves open
// `channel`.
Result<Done> may_publish_to_queues(AmqpConnection& connection, amqp_channel_t channel);

}  // namespace event_consumer
