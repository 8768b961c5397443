// The pipeline of a worker: what becomes of each delivery, from taking it to its acknowledgement.
// It encodes, batches, posts, repeats, dead-letters and acknowledges through its three neighbours
// and never waits; the worker's loop tells it what has happened and what time it is.
#pragma once

#include <cstddef>
#include <optional>

#include "common/backoff.h"
#include "common/result.h"
#include "worker/batch_queue.h"
#include "worker/dead_letter_sink.h"
#include "worker/delivery_window.h"
#include "worker/encode/row_encoder.h"
#include "worker/inserter.h"
#include "worker/rejection_log.h"
#include "worker/source.h"

namespace event_consumer {

struct PipelineLimits {
  BatchLimits batch;
  std::size_t prefetch;  // the broker sends no more than so many unsettled deliveries

  // From here on deliveries are left in the socket until rows have been stored.
  std::size_t held_bytes() const { return 4 * batch.bytes; }
};

class Pipeline {
 public:
  // `dead_letters` may be nullptr: rejected messages are then left to the broker. All neighbours
  // must outlive the pipeline.
  Pipeline(const PipelineLimits& limits, RowEncoder encoder, Source& source,
           DeadLetterSink* dead_letters, Inserter& inserter);

  // Each of these reports an event. An Error ends the worker: a link is lost or a queue refuses.
  Result<Done> take(const Delivery& delivery, TimePoint now);
  Result<Done> give_back(const Delivery& delivery);
  Result<Done> dead_lettered(DeliveryTag tag);
  Result<Done> inserted(const InsertOutcome& outcome, TimePoint now);
  void time_passed(TimePoint now);

  // The link to the broker is gone, and with it every delivery: the broker has them back. Rows that
  // are not being posted are dropped, because their events come again.
  void link_lost();

  // When time_passed() has something to do.
  std::optional<TimePoint> deadline() const;

  // False while so much is held that no further delivery should be read.
  bool may_take() const;
  // True when at most half of that is held.
  bool has_room() const;

  // Stop: no batch waits for company any more, and no failed insert is repeated.
  void drain();

  // Whether a drained pipeline can do no more: all deliveries have their verdict, or the insert
  // that they wait for has failed.
  bool drained() const;

  // Whether the inserter has a batch: its memory must stay until the outcome is there.
  bool insert_under_way() const {
    return posting_ == Posting::kUnderWay || posting_ == Posting::kOrphaned;
  }

  const DeliveryWindow& window() const { return window_; }

 private:
  enum class Posting {
    kIdle,      // no batch to post, or none sealed yet
    kUnderWay,  // the inserter has the front batch
    kOrphaned,  // the inserter has the front batch, whose deliveries are gone with their link
    kWaiting,   // the front batch failed and is posted again at retry_at_
    kGivenUp,   // drained, and the front batch failed
  };

  Result<Done> reject(const Delivery& delivery, const Rejection& rejection, TimePoint now);
  Result<Done> acknowledge();
  void post_next();

  PipelineLimits limits_;
  RowEncoder encoder_;
  Source& source_;
  DeadLetterSink* dead_letters_;
  Inserter& inserter_;

  DeliveryWindow window_;
  BatchQueue batches_;
  Posting posting_ = Posting::kIdle;
  std::optional<TimePoint> retry_at_;  // only in kWaiting
  Backoff backoff_;
  bool draining_ = false;
  RejectionLog rejection_log_;
};

}  // namespace event_consumer
