#include "worker/commands/check_rabbitmq.h"

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <optional>

#include "common/text.h"
#include "worker/amqp/delivery_limit.h"
#include "worker/amqp/permissions.h"
#include "worker/amqp/queue_kind.h"
#include "worker/amqp/queue_setup.h"
#include "worker/amqp/rabbitmq_diagnosis.h"
#include "worker/commands/check_expiry.h"
#include "worker/commands/resolve.h"

namespace event_consumer {
namespace {

// One each, because a refusal closes the channel.
constexpr amqp_channel_t kQueueChannel = 1;
constexpr amqp_channel_t kDeadLetterChannel = 2;

void report_error(const Error& error, const AmqpUrl& url, Report& report) {
  const Diagnosis diagnosis = diagnose_rabbitmq(error, url);
  report.bad(diagnosis.kind, diagnosis.cause, diagnosis.remedy);
}

std::optional<AmqpConnection> connect(const AmqpUrl& url, Report& report) {
  auto connection = AmqpConnection::open(url, fmt::format("event-consumer check pid {}", getpid()));
  if (!connection) {
    report_error(connection.error(), url, report);
    return std::nullopt;
  }
  report.good(connection->describe() + ": reachable, logged in as " + url.describe_user());
  report_expiry(connection->describe(), connection->first_to_expire(), report);
  return std::move(*connection);
}

std::string counts(const QueueFacts& facts) {
  return fmt::format("{} {}, {} {}", facts.messages,
                     facts.messages == 1 ? "message waits" : "messages wait", facts.consumers,
                     facts.consumers == 1 ? "consumer" : "consumers");
}

const char* describe(QueueType type) {
  return type == QueueType::kQuorum ? "a quorum queue" : "a classic queue";
}

// «; a quorum queue with a delivery limit of 20», as far as is known.
std::string describe(const QueueKind& kind, const AmqpConnection& connection) {
  if (kind.type.empty()) return "";
  const std::string type = "; a " + kind.type + " queue";
  if (kind.type != "quorum") return type;
  const auto limit = returns_taken(kind, connection.server_version());
  if (!limit) return type + " without a delivery limit, unless a policy sets one";
  return fmt::format("{} with a delivery limit of {}{}", type, *limit,
                     kind.delivery_limit ? "" : ", unless a policy sets another");
}

// RabbitMQ would not let us create it.
bool is_reserved(const std::string& queue) { return starts_with(queue, "amq."); }

void report_reserved(const std::string& queue, const char* variable, Report& report) {
  report.bad(ErrorKind::kConfiguration,
             "queue " + queue +
                 " does not exist, and cannot be created: RabbitMQ keeps names that begin with "
                 "amq. for itself",
             std::string("correct ") + variable);
}

void check_queue(AmqpConnection& connection, const Options& options, Report& report) {
  const std::string& queue = options.rabbitmq_queue;
  if (auto opened = connection.open_channel(kQueueChannel); !opened)
    return report_error(opened.error(), connection.url(), report);
  const auto found = find_queue(connection, kQueueChannel, queue);
  if (!found) return report_error(found.error(), connection.url(), report);
  if (!found.value() && is_reserved(queue)) return report_reserved(queue, "RABBITMQ_QUEUE", report);
  if (!found.value())
    return report.note(
        fmt::format("queue {} does not exist: it would be created, {}, and bound to exchange {} "
                    "with routing key "
                    "{}; is RABBITMQ_QUEUE what the publisher's queue is called?",
                    visible(queue), describe(options.queue_type),
                    visible(options.rabbitmq_exchange), visible(options.rabbitmq_routing_key)));
  if (auto allowed = may_consume(connection, kQueueChannel, queue); !allowed)
    return report_error(allowed.error(), connection.url(), report);
  auto life = ask_life(connection, kQueueChannel, queue);
  if (!life) return report_error(life.error(), connection.url(), report);
  const bool deletes_itself = *life == QueueLife::kAutoDelete || *life == QueueLife::kExpiring;
  // No consumer beside another one is exclusive.
  const bool is_one_there = found.value()->consumers == 1;
  const bool can_ask = !deletes_itself && major_version(connection.server_version()) == 3;
  if (is_one_there && can_ask)
    if (auto done = is_not_taken(connection, kQueueChannel, queue); !done)
      return report_error(done.error(), connection.url(), report);
  auto kind = ask_kind(connection, kQueueChannel, queue);
  if (!kind) return report_error(kind.error(), connection.url(), report);
  report.good(fmt::format("queue {}: exists, may be consumed; {}{}", queue, counts(*found.value()),
                          describe(*kind, connection)));
  if (const std::string fault =
          limit_fault(queue, *kind, connection.server_version(), options.delivery_limit);
      !fault.empty())
    report.note(fault);
  if (deletes_itself) report.note(fmt::format("queue {} {}", queue, describe(*life)));
  if (is_one_there && !can_ask)
    report.note(fmt::format(
        "whether the consumer of queue {} is an exclusive one, beside which no other may consume, "
        "shows at the start only",
        queue));
}

void check_dead_letter_queue(AmqpConnection& connection, const Options& options, Report& report) {
  const std::string& queue = options.dead_letter_queue;
  if (queue.empty())
    return report.note(
        "no dead-letter queue: rejected messages go where the queue's own policy sends them, or "
        "are thrown away if it has none");
  if (auto opened = connection.open_channel(kDeadLetterChannel); !opened)
    return report_error(opened.error(), connection.url(), report);
  const auto found = find_queue(connection, kDeadLetterChannel, queue);
  if (!found) return report_error(found.error(), connection.url(), report);
  if (auto allowed = may_publish_to_queues(connection, kDeadLetterChannel); !allowed)
    return report_error(allowed.error(), connection.url(), report);
  if (!found.value() && is_reserved(queue))
    return report_reserved(queue, "EVENT_CONSUMER_DEAD_LETTER_QUEUE", report);
  if (!found.value())
    return report.good(fmt::format("dead-letter queue {}: does not exist, would be created, {}",
                                   queue, describe(options.queue_type)));
  auto kind = ask_kind(connection, kDeadLetterChannel, queue);
  if (!kind) return report_error(kind.error(), connection.url(), report);
  report.good(fmt::format("dead-letter queue {}: exists; {}{}", queue, counts(*found.value()),
                          describe(*kind, connection)));
  if (returns_taken(*kind, connection.server_version()) == 0)
    report.note(fmt::format(
        "dead-letter queue {} drops what comes back to it, and cannot be listed; delete it when it "
        "is empty, and let the service make it",
        queue));
  auto losses = ask_losses(connection, kDeadLetterChannel, queue);
  if (!losses) return report_error(losses.error(), connection.url(), report);
  if (!losses->empty())
    report.note(fmt::format(
        "dead-letter queue {} was declared with {}: it drops letters, whether anybody has looked "
        "at them or not; delete it when it is empty, and let the service make it",
        queue, joined(*losses)));
}

}  // namespace

void check_rabbitmq(const Options& options, Report& report) {
  for (const AmqpUrl& url : options.rabbitmq_urls) {
    if (!check_host(url.host, "RABBITMQ_URL", report)) continue;
    auto connection = connect(url, report);
    if (!connection) continue;
    check_queue(*connection, options, report);
    check_dead_letter_queue(*connection, options, report);
    connection->close();
  }
}

}  // namespace event_consumer
