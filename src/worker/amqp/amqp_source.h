// AmqpSource: Source on a real broker: one consumer on one channel.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "worker/amqp/connection.h"
#include "worker/amqp/delivery_assembly.h"
#include "worker/amqp/queue_setup.h"
#include "worker/message/source.h"

namespace event_consumer {

class AmqpSource : public Source {
 public:
  // Connects to the first of `urls` that answers, sees to the queue, and sets the prefetch count
  // for the consumer to come. `heartbeat` is called before each try. The Error is that of
  // AmqpConnection::open_first(), or says what the broker refused.
  static Result<AmqpSource> open(const std::vector<AmqpUrl>& urls,
                                 const std::string& connection_name, const QueueSetup& setup,
                                 std::uint16_t prefetch, const std::function<void()>& heartbeat);

  Result<SourceEvent> next() override;
  Result<Done> consume() override;
  Result<Done> cancel() override;
  Result<Done> confirm_settled() override;
  Result<Done> acknowledge_up_to(DeliveryTag tag) override;
  Result<Done> reject(DeliveryTag tag) override;
  Result<Done> give_back(DeliveryTag tag) override;

  bool has_consumer() const override { return has_consumer_; }
  int fd() const override { return connection_.fd(); }
  Duration heartbeat_period() const override { return connection_.heartbeat_period(); }
  std::string server_version() const override { return connection_.server_version(); }
  std::string describe() const override {
    return "queue " + queue_ + " on " + connection_.describe();
  }
  void close() override { connection_.close(); }

  // The broker in use.
  const AmqpUrl& url() const { return connection_.url(); }
  // Closes it at once; until another source is assigned to this one, only describe() and
  // heartbeat_period() may be asked of it.
  void drop() { connection_.drop(); }
  bool is_open() const { return connection_.is_open(); }

 private:
  AmqpSource(AmqpConnection connection, std::string queue, std::uint16_t prefetch)
      : connection_(std::move(connection)),
        queue_(std::move(queue)),
        prefetch_(prefetch),
        assembly_(describe()) {}

  AmqpConnection connection_;
  std::string queue_;
  std::uint16_t prefetch_;
  bool has_consumer_ = false;
  DeliveryAssembly assembly_;
  bool reported_ = false;  // an event was handed out, and its frames can be released
};

}  // namespace event_consumer
