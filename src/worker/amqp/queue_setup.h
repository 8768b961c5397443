// Sees to it that the queues we use exist, and touches nothing that is there already.
#pragma once

#include <optional>
#include <string>

#include "common/options.h"
#include "common/result.h"
#include "worker/amqp/connection.h"
#include "worker/message/source.h"

namespace event_consumer {

// What the publisher declares: a durable topic exchange, a durable queue without arguments, and the
// binding between them.
struct QueueSetup {
  std::string exchange;
  std::string queue;
  std::string routing_key;
  DeliveryLimit delivery_limit = {};  // of a queue that is there already
};

// What ends a queue though nobody deletes it.
enum class QueueLife {
  kLasting,     // nothing, unless a policy sets `expires`, which AMQP does not tell
  kAutoDelete,  // that its last consumer goes
  kExpiring,    // that it has no consumer for as long as its x-expires says
  kUnknown,     // the user has not the right to declare it, or it is not known
};

// Asks for the life of a queue that exists, without the risk of creating it. Uses and leaves open
// `channel`. The Error is one of the connection.
Result<QueueLife> ask_life(AmqpConnection& connection, amqp_channel_t channel,
                           const std::string& queue);

// What is to be said of such a queue, behind its name; empty where nothing is.
std::string describe(QueueLife life);

// Looks for the queue and changes nothing; nothing is returned when it does not exist. Uses and
// leaves open `channel`.
Result<std::optional<QueueFacts>> find_queue(AmqpConnection& connection, amqp_channel_t channel,
                                             const std::string& queue);

// Declares passively, and only when the queue does not exist declares exchange, queue and binding,
// which it logs. A queue that exists is used as it is, whatever its arguments. Uses and leaves open
// `channel`. The Error says what was refused.
Result<Done> ensure_queue(AmqpConnection& connection, amqp_channel_t channel,
                          const QueueSetup& setup);

// The same for a plain durable queue without a binding.
Result<Done> ensure_queue(AmqpConnection& connection, amqp_channel_t channel,
                          const std::string& queue);

}  // namespace event_consumer
