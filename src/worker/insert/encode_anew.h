// Makes rows anew of the messages of a batch whose bytes serve no more, since the table has other
// columns.
#pragma once

#include <vector>

#include "worker/batch/batch_queue.h"
#include "worker/batch/row_writer.h"
#include "worker/insert/refusal_search.h"
#include "worker/message/in_flight.h"

namespace event_consumer {

struct EncodedAnew {
  std::vector<BatchPtr> batches;  // sealed
  std::vector<Refused> refused;   // these cannot be encoded any more
};

// The messages of `batch` are looked up in `messages`; what is not kept there has no rows any more.
EncodedAnew encode_anew(const Batch& batch, const InFlight& messages, RowWriter& writer);

}  // namespace event_consumer
