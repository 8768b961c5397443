// FakeSource: a broker's side that remembers what was asked of it, in order.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "worker/message/source.h"

namespace event_consumer::testing {

class FakeSource : public Source {
 public:
  Result<SourceEvent> next() override { return SourceEvent{}; }
  Result<Done> consume() override { return answer(); }
  Result<Done> cancel() override { return answer(); }
  Result<Done> confirm_settled() override { return answer(); }

  Result<Done> acknowledge_up_to(DeliveryTag tag) override {
    acknowledged.push_back(tag);
    if (on_acknowledge) on_acknowledge(tag);
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

  bool has_consumer() const override { return consumes; }
  int fd() const override { return -1; }
  Duration heartbeat_period() const override { return std::chrono::seconds(15); }
  void close() override { closed = true; }
  std::string describe() const override { return "queue q on a fake"; }
  std::string server_version() const override { return "3.10.8"; }

  // The highest tag acknowledged so far, 0 when there is none.
  DeliveryTag acknowledged_to() const { return acknowledged.empty() ? 0 : acknowledged.back(); }

  std::vector<DeliveryTag> acknowledged;  // the argument of every acknowledge_up_to()
  std::vector<DeliveryTag> rejected;
  std::vector<DeliveryTag> given_back;

  bool consumes = false;
  bool closed = false;

  std::function<void(DeliveryTag)> on_acknowledge;
  std::optional<Error> fault;  // while set, every request fails with it

 private:
  Result<Done> answer() const { return fault ? Result<Done>(*fault) : Result<Done>(Done{}); }
};

}  // namespace event_consumer::testing
