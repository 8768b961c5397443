// What the user may do on the broker. AMQP has no question for that: each function sends a request
// that passes the check of rights and then fails for another reason, so that nothing happens.
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
