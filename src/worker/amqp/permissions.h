// What the user may do on the broker. AMQP has no question for that: each function sends a request
// that passes the check of rights and then fails for another reason, so that nothing happens.
#pragma once

#include <string>

#include "worker/amqp/connection.h"

namespace event_consumer {

// Whether a consumer may be started on `queue`, which exists: the user has the right to read it,
// and it is no stream, where an acknowledgement removes nothing. The Error is the broker's refusal,
// or says what the queue is. Uses and leaves open `channel`.
Result<Done> may_consume(AmqpConnection& connection, amqp_channel_t channel,
                         const std::string& queue);

// Whether somebody else has `queue` for itself (basic.consume with `exclusive`). Only on a queue
// that has another consumer and does not delete itself, as ours may be the last to go. The Error is
// the broker's refusal, likewise. Uses and leaves open `channel`. RabbitMQ 3 only: later brokers
// know no consumer that is given nothing.
Result<Done> is_not_taken(AmqpConnection& connection, amqp_channel_t channel,
                          const std::string& queue);

// Whether messages may be published straight to queues: the right to write to the default exchange,
// which RabbitMQ calls amq.default. The Error is the broker's refusal. Uses and leaves open
// `channel`.
Result<Done> may_publish_to_queues(AmqpConnection& connection, amqp_channel_t channel);

// Whether `exchange` takes messages with this routing key: not when there is none, or when it is an
// internal one, which only other exchanges and queues publish to. The Error is the broker's refusal
// of the right, or that it does not answer, as when it blocks publishers. Uses and leaves open
// `channel`.
Result<bool> takes_messages(AmqpConnection& connection, amqp_channel_t channel,
                            const std::string& exchange, const std::string& routing_key);

}  // namespace event_consumer
