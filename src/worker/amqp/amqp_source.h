// AmqpSource: Source on a real broker: one consumer on one channel; and a QueueKeeper beside it for
// a queue that would delete itself while there is no consumer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/host_port.h"
#include "worker/amqp/connection.h"
#include "worker/amqp/delivery_assembly.h"
#include "worker/amqp/queue_keeper.h"
#include "worker/amqp/queue_setup.h"
#include "worker/message/source.h"

namespace event_consumer {

class AmqpSource : public Source {
 public:
  // Connects to the first of `urls` that answers, and sees to the queue. The Error is that of
  // AmqpConnection::open_first(), or says what the broker refused, or that the queue is a stream.
  static Result<AmqpSource> open(const std::vector<AmqpUrl>& urls,
                                 const std::string& connection_name, const QueueSetup& setup);

  Result<SourceEvent> next() override;
  Result<Done> consume(std::size_t prefetch) override;
  Result<Done> cancel() override;
  Result<Done> confirm_settled() override;
  Result<Done> count_queue() override;
  Result<Done> acknowledge_up_to(DeliveryTag tag) override;
  Result<Done> acknowledge(DeliveryTag tag) override;
  Result<Done> reject(DeliveryTag tag) override;
  Result<Done> give_back(DeliveryTag tag) override;
  Result<Done> give_back_up_to(DeliveryTag tag) override;

  Result<Done> send_waiting() override { return connection_.send_waiting(); }
  bool is_sending() const override { return connection_.is_sending(); }

  bool has_consumer() const override { return consumer_ != Consumer::kNone; }
  int fd() const override { return connection_.fd(); }
  Duration heartbeat_period() const override { return connection_.heartbeat_period(); }
  std::string host() const override { return HostPort{url().host, url().port}.describe(); }
  std::string server_version() const override { return connection_.server_version(); }
  std::int64_t certificates_until() const override {
    return connection_.first_to_expire().unix_seconds;
  }
  std::string describe() const override {
    return "queue " + queue_ + " on " + connection_.describe();
  }
  void close() override { connection_.close(); }

  // The broker in use.
  const AmqpUrl& url() const { return connection_.url(); }

 private:
  enum class Consumer {
    kNone,
    kAsked,  // the broker has not said yet that it is there
    kThere,  // also while it is being cancelled
  };

  AmqpSource(AmqpConnection connection, std::string queue,
             std::optional<std::uint64_t> delivery_limit)
      : connection_(std::move(connection)),
        queue_(std::move(queue)),
        assembly_(describe(), delivery_limit) {}

  Result<Done> keep_queue();
  Result<Done> read_keeper(const amqp_frame_t& frame);
  // With the remedy, where it is a refusal.
  Error explained(const Error& error) const;
  Result<Done> set_prefetch();
  Result<Done> consumer_is_there();
  Result<Done> send_cancel();
  // Whether the event is the answer to a request of ours that nobody else knows of.
  bool is_ours(SourceEvent::Kind kind);

  AmqpConnection connection_;
  std::string queue_;
  std::uint16_t prefetch_ = 0;  // in force for the next consumer
  std::string consumer_tag_;    // of the latest consumer: each has one of its own
  int consumers_ = 0;           // so many there were
  Consumer consumer_ = Consumer::kNone;
  bool cancel_waits_ = false;          // for the broker's word on it, and then for the keeper
  std::optional<QueueKeeper> keeper_;  // of a queue that would delete itself
  int prefetch_set_ = 0;               // prefetch counts that are not answered yet
  DeliveryAssembly assembly_;
  bool reported_ = false;  // an event was handed out, and its frames can be released
};

}  // namespace event_consumer
