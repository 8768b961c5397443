// Short forms for tests that make batches by hand.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "worker/batch/batch.h"

namespace event_consumer::testing {

// A delivery of which only the tag and the body matter; `body` must outlive it.
inline Delivery delivery(DeliveryTag tag, std::string_view body = {}) {
  Delivery delivery;
  delivery.tag = tag;
  delivery.body = body;
  return delivery;
}

// As one of the first link.
inline DeliveryId id(DeliveryTag tag) { return {1, tag}; }

inline std::vector<DeliveryTag> tags_of(const Batch& batch) {
  std::vector<DeliveryTag> tags;
  for (const Batch::Run& run : batch.runs()) tags.push_back(run.message.tag);
  return tags;
}

// A format whose types the server compares itself, or does not.
inline std::shared_ptr<const InsertFormat> insert_format(const char* query = "INSERT",
                                                         bool states_types = true) {
  return std::make_shared<const InsertFormat>(InsertFormat{query, 0, states_types});
}

// Appends `bytes` as the `rows` rows of a message.
inline void append(Batch& batch, DeliveryId message, std::string_view bytes, std::size_t rows = 1,
                   TimePoint now = TimePoint(std::chrono::hours(1)),
                   const std::shared_ptr<const InsertFormat>& format = nullptr) {
  static const auto kUsual = insert_format();
  batch.buffer().append(bytes);
  batch.add(message, {{format ? format : kUsual, rows, bytes.size()}}, now);
}

}  // namespace event_consumer::testing
