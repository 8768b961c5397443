// DeliveryValues: what columns can have of a delivery: routing, properties and headers, and what
// became of it on its way.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "worker/encode/message_values.h"
#include "worker/message/basic_properties.h"
#include "worker/message/delivery.h"

namespace event_consumer {

class DeliveryValues final : public MessageValues {
 public:
  // `queue` is the name of the one that deliveries come from.
  explicit DeliveryValues(std::string queue) : queue_(std::move(queue)) {}

  // From here on the values are those of `delivery`, which must live for as long. Decodes nothing
  // before it is asked, and makes each value once: a message can have a million events that ask.
  void begin(const Delivery& delivery) {
    delivery_ = &delivery;
    properties_.reset();
  }

  // `header` must live for as long, too.
  JsonValue value(MessageField field, std::string_view header) override;

 private:
  struct Made {
    MessageField field;
    std::string_view header;
    JsonValue value;
  };

  void decode();
  JsonValue make(MessageField field, std::string_view header);
  JsonValue number(std::uint64_t number);
  JsonValue delivery_count();

  std::string queue_;
  const Delivery* delivery_ = nullptr;
  std::optional<BasicProperties> properties_;  // decoded when something is asked for
  std::vector<Made> made_;
  std::deque<std::string> texts_;  // of values that stand nowhere in the delivery
};

}  // namespace event_consumer
