#include "worker/amqp/dead_letter_queue.h"

#include <poll.h>

#include <chrono>
#include <utility>

#include "worker/amqp/content_assembly.h"
#include "worker/amqp/delivery_limit.h"
#include "worker/amqp/permissions.h"
#include "worker/amqp/queue_kind.h"
#include "worker/amqp/queue_setup.h"

namespace event_consumer {
namespace {

constexpr amqp_channel_t kChannel = 1;
constexpr int kSilenceMs = 10'000;

DeadLetterFacts facts_of(const amqp_basic_properties_t& properties) {
  if ((properties._flags & AMQP_BASIC_HEADERS_FLAG) == 0) return {};
  return read_facts(properties.headers);
}

}  // namespace

DeadLetter::DeadLetter(DeliveryTag tag, std::string_view properties, std::string_view body)
    : tag_(tag),
      content_(std::make_unique<Content>(properties, body)),
      facts_(facts_of(content_->decoded.get())) {}

Result<DeadLetterQueue> DeadLetterQueue::open(const std::vector<AmqpUrl>& urls,
                                              const std::string& connection_name,
                                              const std::string& queue) {
  std::vector<AmqpUrl> without_heartbeat = urls;
  // Whoever reads the list in a pager takes longer between two messages than any heartbeat.
  for (AmqpUrl& url : without_heartbeat) url.heartbeat = std::chrono::seconds(0);
  auto connection = AmqpConnection::open_first(without_heartbeat, connection_name);
  if (!connection) return connection.error();
  if (auto done = connection->open_channel(kChannel); !done) return done.error();
  const auto found = find_queue(*connection, kChannel, queue);
  if (!found) return found.error();
  if (!found.value())
    return Error{ErrorKind::kConfiguration, "there is no queue " + queue + " on " +
                                                connection->describe() +
                                                "; is --dead-letter-queue the one of the service?"};
  auto kind = ask_kind(*connection, kChannel, queue);
  if (!kind) return kind.error();
  // Of a queue that is not known, what has come back once is taken for the last time.
  const bool is_known = !kind->type.empty();
  const auto returns = is_known ? returns_taken(kind.value(), connection->server_version())
                                : std::optional<std::int64_t>(1);
  if (returns == 0)
    return Error{ErrorKind::kConfiguration,
                 "queue " + queue + " on " + connection->describe() +
                     " drops what comes back to it (its delivery limit is 0): none of its "
                     "messages can be looked at and stay"};
  if (is_known && returns)
    if (auto may = may_publish_to_queues(*connection, kChannel); !may) return may.error();
  return DeadLetterQueue(std::move(*connection), queue, found.value()->messages, returns);
}

bool DeadLetterQueue::is_last_delivery(const DeadLetter& letter) const {
  return returns_taken_ &&
         returns_of(letter.properties()) >= static_cast<std::uint64_t>(*returns_taken_);
}

Result<std::optional<DeadLetter>> DeadLetterQueue::take() {
  connection_.release();
  auto reply = amqp_basic_get(connection_.state(), kChannel, to_bytes(queue_), /*no_ack=*/0);
  const std::string taking = "cannot take a message from " + describe();
  if (auto done = connection_.check(taking, reply, kChannel); !done) return done.error();
  if (reply.reply.id == AMQP_BASIC_GET_EMPTY_METHOD) return std::optional<DeadLetter>();
  const auto tag = static_cast<const amqp_basic_get_ok_t*>(reply.reply.decoded)->delivery_tag;
  auto letter = read_content(tag);
  if (!letter) return letter.error();
  return std::optional<DeadLetter>(std::move(*letter));
}

// Not by amqp_read_message(), which waits without a limit and refuses a header without a name.
Result<DeadLetter> DeadLetterQueue::read_content(DeliveryTag tag) {
  ContentAssembly content;
  content.begin();
  for (;;) {
    auto frame = wait_for_frame();
    if (!frame) return frame.error();
    if (frame->frame_type == AMQP_FRAME_METHOD)
      return to_error("cannot take a message from " + describe(),
                      to_server_exception(frame->payload.method), ErrorKind::kUnavailable);
    const auto complete = content.add(*frame);
    if (!complete) return complete.error();
    if (complete.value()) return DeadLetter(tag, content.properties(), content.body());
    if (!content.views_frames()) connection_.release();
  }
}

Result<amqp_frame_t> DeadLetterQueue::wait_for_frame() {
  for (;;) {
    auto frame = connection_.next_frame();
    if (!frame) return frame.error();
    if (!frame->has_value()) {
      pollfd socket{connection_.fd(), POLLIN, 0};
      if (poll(&socket, 1, kSilenceMs) == 0)
        return Error{ErrorKind::kUnavailable, connection_.describe() +
                                                  " has not sent the rest of a message of queue " +
                                                  queue_ + " within 10 s"};
      continue;
    }
    const bool is_close = (**frame).frame_type == AMQP_FRAME_METHOD &&
                          (**frame).payload.method.id == AMQP_CONNECTION_CLOSE_METHOD;
    if ((**frame).channel == kChannel || is_close) return **frame;
  }
}

Result<Done> DeadLetterQueue::acknowledge(DeliveryTag tag) {
  const int status = amqp_basic_ack(connection_.state(), kChannel, tag, /*multiple=*/0);
  if (status == AMQP_STATUS_OK) return Done{};
  return to_error("lost " + describe(), status, ErrorKind::kLinkLost);
}

// A channel handles its methods in order, and acknowledgements have no answer of their own: the
// answer to closing the channel tells that they were taken.
Result<Done> DeadLetterQueue::close() {
  const auto reply = amqp_channel_close(connection_.state(), kChannel, AMQP_REPLY_SUCCESS);
  auto done = connection_.check("lost " + describe() + " at the end", reply, kChannel);
  if (done) connection_.close();
  return done;
}

}  // namespace event_consumer
