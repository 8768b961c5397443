// What kind of queue one is that exists: AMQP has no question for that, so it is declared anew with
// arguments that are refused, and the refusal says what is different.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/options.h"
#include "common/result.h"
#include "worker/amqp/connection.h"

namespace event_consumer {

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

// By the arguments that it was declared with; policies are not among them.
struct QueueKind {
  // «classic», «quorum», …; empty: not known, as the user may not declare it, or its name is long.
  std::string type;
  // Its x-delivery-limit, nothing where it has none. Only of a quorum queue.
  std::optional<std::int64_t> delivery_limit = std::nullopt;
};

// How often a message may come back to such a queue before the broker, of this version, drops it;
// nothing: as often as it will, or it is not known.
std::optional<std::int64_t> returns_taken(const QueueKind& kind, std::string_view server_version);

// Where the worker would take the limit for another one, and the broker drop events that it would
// store, or where every event would count as delivered for the last time: what is to be said of it,
// else nothing. `given` is the option.
std::string limit_fault(const std::string& queue, const QueueKind& kind,
                        std::string_view server_version, const DeliveryLimit& given);

// Asks for the kind of a queue that exists, likewise.
Result<QueueKind> ask_kind(AmqpConnection& connection, amqp_channel_t channel,
                           const std::string& queue);

// The arguments, «x-message-ttl 60000», by which a queue that exists drops what is in it though
// nobody takes it; likewise. One that refuses what is too much drops none of it. Policies are not
// told, nor anything of a queue with a long name.
Result<std::vector<std::string>> ask_losses(AmqpConnection& connection, amqp_channel_t channel,
                                            const std::string& queue);

}  // namespace event_consumer
