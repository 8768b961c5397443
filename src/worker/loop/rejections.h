// Rejections: deliveries that will never be stored, from the log's word on them to the dead-letter
// queue's. Which of them are in hand is InFlight's business.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>

#include "common/result.h"
#include "worker/loop/rejection_log.h"
#include "worker/message/dead_letter_sink.h"

namespace event_consumer {

class Rejections {
 public:
  // What a dead letter is counted under.
  struct Blame {
    Reason reason;
    std::string column;
  };

  // A link is there; `queue` must live until link_lost(), and may be nullptr: then there is none,
  // and whoever rejects leaves the delivery to the broker.
  void link_made(DeadLetterSink* queue) { queue_ = queue; }
  void link_lost();
  bool has_queue() const { return queue_ != nullptr; }

  // Says so in the log, and publishes the delivery where there is a queue. An Error means that its
  // link is lost or that it refuses.
  Result<Done> reject(const Delivery& delivery, const Rejection& rejection, TimePoint now);
  // The queue has taken it.
  Blame confirmed(DeliveryTag tag);
  // Everything that is not confirmed is somebody else's from here on.
  void forget();

  // Whether the queue, if there is one, takes more.
  bool has_room() const;
  // Whether the queue, which does not refuse, is yet to say that it has taken something.
  bool awaits_confirms() const { return !unconfirmed_.empty() && refused() == 0; }
  // How many wait for a queue that refuses; or for a broker that takes none before others have
  // emptied its queues.
  std::size_t refused() const;
  std::size_t blocked() const;

  // Says in the log what is due; and when something will be.
  void time_passed(TimePoint now);
  std::optional<TimePoint> deadline() const { return log_.deadline(); }

 private:
  DeadLetterSink* queue_ = nullptr;
  std::unordered_map<DeliveryTag, Blame> unconfirmed_;
  RejectionLog log_;
};

}  // namespace event_consumer
