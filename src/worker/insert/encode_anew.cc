#include "worker/insert/encode_anew.h"

#include <memory>
#include <utility>

namespace event_consumer {

EncodedAnew encode_anew(const Batch& batch, const InFlight& messages, RowWriter& writer) {
  EncodedAnew anew;
  auto encoded = std::make_unique<Batch>();
  const auto finish = [&] {
    if (encoded->empty()) return;
    encoded->seal();
    anew.batches.push_back(std::exchange(encoded, std::make_unique<Batch>()));
  };
  RowBuffer rows;
  for (const Batch::Run& run : batch.runs()) {
    if (!messages.keeps(run.message)) continue;
    rows.clear();
    if (auto rejection = writer.write(messages.content(run.message), rows)) {
      anew.refused.push_back({run.message, std::move(*rejection)});
      continue;
    }
    if (!encoded->takes(writer.groups())) finish();
    encoded->buffer().append(rows.view());
    encoded->add(run.message, writer.groups(), batch.oldest());
  }
  finish();
  return anew;
}

}  // namespace event_consumer
