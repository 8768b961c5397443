#include "worker/amqp/queue_kind.h"

#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

#include "common/text.h"
#include "worker/amqp/delivery_limit.h"
#include "worker/amqp/queue_arguments.h"

namespace event_consumer {
namespace {

constexpr int kPreconditionFailed = 406;

// More arguments than there are that come before those asked for.
constexpr int kMostQuestions = 20;

using Arguments = std::vector<QueueArgument>;

// The broker's words on a declaration that it refuses; empty where it says nothing of the queue.
Result<std::string> ask(AmqpConnection& connection, amqp_channel_t channel,
                        const std::string& queue, bool durable, const Arguments& arguments) {
  QueueArgumentTable table(arguments);
  amqp_queue_declare(connection.state(), channel, to_bytes(queue), /*passive=*/0, durable ? 1 : 0,
                     /*exclusive=*/0, /*auto_delete=*/0, table.get());
  const auto refused =
      connection.check("cannot ask for queue " + queue + " on " + connection.describe(),
                       amqp_get_rpc_reply(connection.state()), channel);
  if (refused) return std::string();
  if (refused.error().peer_code == 0) return refused.error();
  if (auto opened = connection.open_channel(channel); !opened) return opened.error();
  const bool is_different = refused.error().peer_code == kPreconditionFailed;
  return is_different ? refused.error().message : std::string();
}

// What stands in «'…'» behind `before`, the last that there is.
std::string quoted_after(std::string_view text, std::string_view before) {
  const auto at = text.rfind(before);
  if (at == std::string_view::npos) return "";
  text.remove_prefix(at + before.size());
  return std::string(text.substr(0, text.find('\'')));
}

// «inequivalent arg 'x-max-length' for queue … but current is the value '100' of type 'signedint'»
std::string different_argument(std::string_view refusal) {
  constexpr std::string_view kBefore = "inequivalent arg '";
  const auto at = refusal.find(kBefore);
  return at == std::string_view::npos
             ? ""
             : quoted_after(refusal.substr(0, refusal.find("' for queue ", at)), kBefore);
}

// The value that the queue has; nothing where it has none.
std::optional<std::string> current_value(std::string_view refusal) {
  const auto at = refusal.rfind("current is ");
  if (at == std::string_view::npos || contains(std::string(refusal.substr(at)), "current is none"))
    return std::nullopt;
  return quoted_after(refusal.substr(at), refusal.substr(at).find("the value '") == 11
                                              ? "the value '"
                                              : "current is '");
}

// The broker cuts its words to 255 bytes: behind a long name there is no room for a value.
bool is_cut(std::string_view refusal) {
  constexpr std::string_view kEnd = "...";
  return refusal.size() >= kEnd.size() && refusal.substr(refusal.size() - kEnd.size()) == kEnd;
}

std::optional<std::int64_t> to_number(const std::string& text) {
  std::int64_t number = 0;
  const auto end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return number;
}

// Of a queue of which the broker says this; nothing for a type that is not known here.
std::optional<QueueArgument> argument_in(const std::string& refusal) {
  const auto value = current_value(refusal);
  if (!value) return std::nullopt;
  QueueArgument argument{different_argument(refusal), *value};
  const std::string type = quoted_after(refusal, "' of type '");
  if (type == "longstr") return argument;
  argument.is_switch = type == "bool";
  argument.number =
      argument.is_switch ? std::optional<std::int64_t>(*value == "true") : to_number(*value);
  return argument.number ? std::optional(argument) : std::nullopt;
}

// The refusal over `wanted` when `probe` is declared, with all arguments that the broker compares
// before: it names the first difference only.
Result<std::string> ask_about(AmqpConnection& connection, amqp_channel_t channel,
                              const std::string& queue, const std::string& wanted,
                              const Arguments& probe) {
  Arguments known;
  bool durable = true;
  for (int i = 0; i < kMostQuestions; ++i) {
    Arguments arguments = known;
    arguments.insert(arguments.end(), probe.begin(), probe.end());
    auto refusal = ask(connection, channel, queue, durable, arguments);
    if (!refusal) return refusal;
    const std::string different = different_argument(*refusal);
    if (different == wanted) return refusal;
    const auto argument = argument_in(*refusal);
    if (different == "durable" && durable)
      durable = false;
    else if (argument)
      known.push_back(*argument);
    else
      break;
  }
  return std::string();
}

// The value of an argument that the queue was declared with; nothing where it has none, or where
// that is not known.
Result<std::optional<std::string>> ask_value(AmqpConnection& connection, amqp_channel_t channel,
                                             const std::string& queue, const std::string& name) {
  const auto refusal = ask_about(connection, channel, queue, name, {{name, "none"}});
  if (!refusal) return refusal.error();
  return is_cut(refusal.value()) ? std::nullopt : current_value(refusal.value());
}

}  // namespace

// The broker compares «durable» first, «auto_delete» then, and then the arguments, x-expires before
// all others (rabbit_amqqueue.erl, assert_equivalence/5; ran: 3.10, 4.0). So whatever else it names
// comes behind an x-expires that is as here: none. One that is not there is not created, because
// x-max-length is no number.
Result<QueueLife> ask_life(AmqpConnection& connection, amqp_channel_t channel,
                           const std::string& queue) {
  std::string different;
  for (const bool durable : {true, false}) {
    auto refusal = ask(connection, channel, queue, durable, {{"x-max-length", "never"}});
    if (!refusal) return refusal.error();
    different = different_argument(*refusal);
    if (different != "durable") break;
  }
  if (different.empty()) return QueueLife::kUnknown;
  if (different == "auto_delete") return QueueLife::kAutoDelete;
  return different == "x-expires" ? QueueLife::kExpiring : QueueLife::kLasting;
}

// One that is not there is not created, because there is no such type, and no such locator.
Result<QueueKind> ask_kind(AmqpConnection& connection, amqp_channel_t channel,
                           const std::string& queue) {
  const auto type =
      ask_about(connection, channel, queue, "x-queue-type", {{"x-queue-type", "none"}});
  if (!type) return type.error();
  if (type.value().empty() || is_cut(type.value())) return QueueKind{};
  QueueKind kind{current_value(type.value()).value_or("classic")};
  if (kind.type != "quorum") return kind;
  const auto limit = ask_about(connection, channel, queue, "x-delivery-limit",
                               {{"x-queue-type", "quorum"},
                                {"x-delivery-limit", "none"},
                                {"x-queue-leader-locator", "none"}});
  if (!limit) return limit.error();
  if (is_cut(limit.value())) return QueueKind{};
  if (const auto value = current_value(limit.value())) kind.delivery_limit = to_number(*value);
  return kind;
}

Result<std::vector<std::string>> ask_losses(AmqpConnection& connection, amqp_channel_t channel,
                                            const std::string& queue) {
  std::vector<std::string> losses;
  const auto overflow = ask_value(connection, channel, queue, "x-overflow");
  if (!overflow) return overflow.error();
  const bool refuses = overflow.value().value_or("drop-head") != "drop-head";
  for (const char* name : {"x-expires", "x-message-ttl", "x-max-length", "x-max-length-bytes"}) {
    if (refuses && starts_with(name, "x-max-length")) continue;
    const auto value = ask_value(connection, channel, queue, name);
    if (!value) return value.error();
    if (value.value()) losses.push_back(name + (" " + *value.value()));
  }
  return losses;
}

std::optional<std::int64_t> returns_taken(const QueueKind& kind, std::string_view server_version) {
  if (kind.type != "quorum") return std::nullopt;
  // A negative one is exceeded by the first return up to 3.x (ran: 3.10), and none from 4.0 on.
  if (kind.delivery_limit && *kind.delivery_limit < 0)
    return major_version(server_version) < 4 ? std::optional<std::int64_t>(0) : std::nullopt;
  if (kind.delivery_limit) return kind.delivery_limit;
  const auto usual = delivery_limit(DeliveryLimit{}, server_version);
  return usual ? std::optional(static_cast<std::int64_t>(*usual)) : std::nullopt;
}

std::string limit_fault(const std::string& queue, const QueueKind& kind,
                        std::string_view server_version, const DeliveryLimit& given) {
  const auto limit = returns_taken(kind, server_version);
  const bool takes_back = !kind.type.empty() && limit != 0;
  if (!given.is_auto && given.limit == 0 && takes_back)
    return "--delivery-limit 0 says that no event may come back to queue " + queue +
           ", which takes them back: what is not stored at a stop is dead-lettered; set "
           "EVENT_CONSUMER_DELIVERY_LIMIT=auto, or none for no limit";
  const auto expected = delivery_limit(given, server_version);
  if (!limit || !kind.delivery_limit) return "";
  if (expected && static_cast<std::int64_t>(*expected) <= *limit) return "";
  const std::string taken = std::to_string(*limit);
  return "queue " + queue + " drops an event that has come back more than " + taken +
         " times, and --delivery-limit says " +
         (expected ? std::to_string(*expected) : "there is no limit") +
         "; set EVENT_CONSUMER_DELIVERY_LIMIT=" + taken;
}

std::string describe(QueueLife life) {
  switch (life) {
    case QueueLife::kAutoDelete:
      return "deletes itself, with all that is in it, when its last consumer goes (auto-delete): a "
             "stop or a lost link can be that";
    case QueueLife::kExpiring:
      return "deletes itself, with all that is in it, when it has had no consumer for a while "
             "(x-expires): a stop or a broker that cannot be reached can be that";
    case QueueLife::kLasting:
    case QueueLife::kUnknown:
      break;
  }
  return "";
}

}  // namespace event_consumer
