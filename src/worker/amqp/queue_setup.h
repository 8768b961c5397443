// Sees to it that the queues we use exist, and touches nothing that is there already.
#pragma once

#include <optional>
#include <string>

#include "common/options.h"
#include "common/result.h"
#include "worker/amqp/connection.h"
#include "worker/message/source.h"

namespace event_consumer {

// A durable topic exchange, a durable queue, and the binding between them. A classic queue is
// declared without arguments, as publishers declare theirs.
struct QueueSetup {
  std::string exchange;
  std::string queue;
  std::string routing_key;
  DeliveryLimit delivery_limit = {};     // of a queue that is there already
  QueueType type = QueueType::kClassic;  // of one that is not
};

// Looks for the queue and changes nothing; nothing is returned when it does not exist. Uses
// `channel`, and leaves it open where there is no Error.
Result<std::optional<QueueFacts>> find_queue(AmqpConnection& connection, amqp_channel_t channel,
                                             const std::string& queue);

// Declares passively, and only when the queue does not exist declares exchange, queue and binding,
// which it logs. A queue that exists is used as it is, whatever its arguments. Uses and leaves open
// `channel`. The Error says what was refused.
Result<Done> ensure_queue(AmqpConnection& connection, amqp_channel_t channel,
                          const QueueSetup& setup);

// The same for a durable queue without a binding that keeps its messages however often they are
// looked at: each look counts as a return, so a quorum queue is given a limit beyond all of them.
Result<Done> ensure_dead_letter_queue(AmqpConnection& connection, amqp_channel_t channel,
                                      const std::string& queue, QueueType type);

}  // namespace event_consumer
