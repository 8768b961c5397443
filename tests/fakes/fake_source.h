// FakeSource: a broker's side that remembers what was asked of it, in order.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "worker/message/source.h"

namespace event_consumer::testing {

class FakeSource : public Source {
 public:
  static constexpr int kFd = 1001;  // nobody polls it

  // What the broker says next; a body only with a delivery.
  struct Arrival {
    SourceEvent::Kind kind;
    std::string body = {};
    bool is_last = false;
    QueueFacts queue = {};
  };

  Result<SourceEvent> next() override {
    if (arriving.empty()) return lost ? Result<SourceEvent>(*lost) : SourceEvent{};
    body_ = std::move(arriving.front().body);
    SourceEvent event{arriving.front().kind, {}, arriving.front().queue};
    event.delivery.is_last = arriving.front().is_last;
    arriving.pop_front();
    if (event.kind == SourceEvent::Kind::kCancelled) consumes = false;
    if (event.kind != SourceEvent::Kind::kDelivery) return event;
    event.delivery.tag = ++last_tag;
    event.delivery.body = body_;
    return event;
  }

  Result<Done> consume(std::size_t prefetch) override {
    ++consume_calls;
    prefetches.push_back(prefetch);
    consumes = true;
    return answer();
  }
  Result<Done> cancel() override {
    ++cancel_calls;
    return answer();
  }
  Result<Done> count_queue() override {
    ++count_calls;
    return answer();
  }
  Result<Done> confirm_settled() override {
    ++settle_calls;
    return answer();
  }

  Result<Done> acknowledge_up_to(DeliveryTag tag) override {
    acknowledged.push_back(tag);
    if (on_acknowledge) on_acknowledge(tag);
    return answer();
  }
  Result<Done> acknowledge(DeliveryTag tag) override {
    acknowledged_alone.push_back(tag);
    return answer();
  }
  Result<Done> reject(DeliveryTag tag) override {
    rejected.push_back(tag);
    return answer();
  }
  Result<Done> give_back(DeliveryTag tag) override {
    given_back.push_back(tag);
    return answer();
  }
  Result<Done> give_back_up_to(DeliveryTag tag) override {
    given_back_up_to.push_back(tag);
    return answer();
  }

  Result<Done> send_waiting() override { return Done{}; }
  bool is_sending() const override { return false; }

  bool has_consumer() const override { return consumes; }
  int fd() const override { return kFd; }
  Duration heartbeat_period() const override { return std::chrono::seconds(15); }
  void close() override { closed = true; }
  std::string describe() const override { return "queue q on a fake"; }
  std::string host() const override { return "broker:5672"; }
  std::string server_version() const override { return "3.10.8"; }

  // The highest tag acknowledged so far, 0 when there is none.
  DeliveryTag acknowledged_to() const { return acknowledged.empty() ? 0 : acknowledged.back(); }

  std::vector<DeliveryTag> acknowledged;  // the argument of every acknowledge_up_to()
  std::vector<DeliveryTag> acknowledged_alone;
  std::vector<DeliveryTag> rejected;
  std::vector<DeliveryTag> given_back;
  std::vector<DeliveryTag> given_back_up_to;

  std::deque<Arrival> arriving;  // next() hands it out
  std::optional<Error> lost;     // what next() says behind all of it
  DeliveryTag last_tag = 0;
  int consume_calls = 0;
  std::vector<std::size_t> prefetches;  // of each
  int cancel_calls = 0;
  int settle_calls = 0;
  int count_calls = 0;
  bool consumes = false;
  bool closed = false;

  std::function<void(DeliveryTag)> on_acknowledge;
  std::optional<Error> fault;  // while set, every request fails with it

 private:
  std::string body_;

  Result<Done> answer() const { return fault ? Result<Done>(*fault) : Result<Done>(Done{}); }
};

}  // namespace event_consumer::testing
