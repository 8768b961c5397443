// Short forms for tests that make batches by hand.
#pragma once

#include <memory>
#include <string_view>

#include "worker/batch/batch.h"

namespace event_consumer::testing {

// A delivery of which only the tag and the body matter; `body` must outlive it.
inline Delivery delivery(DeliveryTag tag, std::string_view body = {}) {
  Delivery delivery;
  delivery.tag = tag;
  delivery.body = body;
  return delivery;
}

// A format whose types the server compares itself, or does not.
inline std::shared_ptr<const InsertFormat> insert_format(const char* query = "INSERT",
                                                         bool states_types = true) {
  return std::make_shared<const InsertFormat>(InsertFormat{query, "", states_types});
}

}  // namespace event_consumer::testing
