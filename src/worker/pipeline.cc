#include "worker/pipeline.h"

#include <chrono>
#include <utility>

#include "common/log.h"

namespace event_consumer {
namespace {

constexpr std::chrono::milliseconds kFirstRetry{100};
constexpr std::chrono::seconds kLongestRetry{30};

// So much fits into the buffers of a socket, and publishing never blocks for longer than a moment.
constexpr std::size_t kMostUnconfirmedBytes = 256 * 1024;

double in_seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

Pipeline::Pipeline(const PipelineLimits& limits, RowEncoder encoder, Source& source,
                   DeadLetterSink* dead_letters, Inserter& inserter)
    : limits_(limits),
      encoder_(std::move(encoder)),
      source_(source),
      dead_letters_(dead_letters),
      inserter_(inserter),
      batches_(limits.batch),
      backoff_(kFirstRetry, kLongestRetry) {}

Result<Done> Pipeline::take(const Delivery& delivery, TimePoint now) {
  if (!window_.add(delivery.tag))
    return Error{ExitCode::kInternal,
                 "delivery tag " + std::to_string(delivery.tag) + " came out of order"};
  if (delivery.body.size() > limits_.batch.bytes) {
    const std::string error = std::to_string(delivery.body.size()) + " bytes, --batch-bytes is " +
                              std::to_string(limits_.batch.bytes);
    if (auto done = reject(delivery, {Reason::kTooLarge, "", error}, now); !done) return done;
  } else if (const auto rejection = encoder_.encode(delivery.body, batches_.buffer())) {
    if (auto done = reject(delivery, *rejection, now); !done) return done;
  } else {
    batches_.added(delivery.tag, now);
  }
  // A full window brings nothing more: whoever waits for company would wait in vain.
  if (window_.unacknowledged() >= limits_.prefetch) batches_.seal();
  post_next();
  return Done{};
}

Result<Done> Pipeline::give_back(const Delivery& delivery) {
  window_.add(delivery.tag);
  window_.settle(delivery.tag, Verdict::kReturned);
  return source_.give_back(delivery.tag);
}

Result<Done> Pipeline::reject(const Delivery& delivery, const Rejection& rejection, TimePoint now) {
  if (const auto line = rejection_log_.note(rejection, now)) log::warn("{}", *line);
  if (dead_letters_ != nullptr) return dead_letters_->publish(delivery, rejection);
  window_.settle(delivery.tag, Verdict::kRejected);
  return source_.reject(delivery.tag);
}

Result<Done> Pipeline::dead_lettered(DeliveryTag tag) {
  window_.settle(tag, Verdict::kDeadLettered);
  return acknowledge();
}

Result<Done> Pipeline::inserted(const InsertOutcome& outcome, TimePoint now) {
  if (posting_ == Posting::kOrphaned) {
    batches_.pop();
    posting_ = Posting::kIdle;
    post_next();
    return Done{};
  }
  const Batch& batch = *batches_.front();
  if (outcome.kind == InsertOutcome::Kind::kStored) {
    for (const DeliveryTag tag : batch.tags()) window_.settle(tag, Verdict::kStored);
    log::debug("{} rows stored, {} bytes", batch.rows(), batch.bytes().size());
    batches_.pop();
    backoff_.reset();
    posting_ = Posting::kIdle;
    post_next();
    return acknowledge();
  }
  if (draining_) {
    log::warn("{}; {} events are given back to the queue", outcome.message, window_.in_hand());
    posting_ = Posting::kGivenUp;
    return Done{};
  }
  const Duration delay = backoff_.next();
  log::warn("{}; the same {} rows are sent again in {:.1f} s", outcome.message, batch.rows(),
            in_seconds(delay));
  posting_ = Posting::kWaiting;
  retry_at_ = now + delay;
  return Done{};
}

void Pipeline::time_passed(TimePoint now) {
  batches_.seal_if_due(now);
  if (posting_ == Posting::kWaiting && *retry_at_ <= now) posting_ = Posting::kIdle;
  post_next();
}

void Pipeline::link_lost() {
  window_.restart();
  retry_at_.reset();
  if (insert_under_way()) {
    posting_ = Posting::kOrphaned;
    batches_.drop_all_but_front();
  } else {
    posting_ = Posting::kIdle;
    batches_.drop_all();
  }
}

void Pipeline::post_next() {
  if (posting_ != Posting::kIdle || batches_.front() == nullptr) return;
  retry_at_.reset();
  posting_ = Posting::kUnderWay;
  inserter_.start(*batches_.front());
}

Result<Done> Pipeline::acknowledge() {
  const auto tag = window_.take_settled_prefix();
  if (!tag) return Done{};
  return source_.acknowledge_up_to(*tag);
}

std::optional<TimePoint> Pipeline::deadline() const {
  return earliest(batches_.deadline(), retry_at_);
}

bool Pipeline::may_take() const {
  if (batches_.bytes() >= limits_.held_bytes()) return false;
  return dead_letters_ == nullptr || dead_letters_->unconfirmed_bytes() < kMostUnconfirmedBytes;
}

bool Pipeline::has_room() const {
  return may_take() && batches_.bytes() <= limits_.held_bytes() / 2;
}

void Pipeline::drain() {
  draining_ = true;
  batches_.seal();
  if (posting_ == Posting::kWaiting) posting_ = Posting::kGivenUp;
  retry_at_.reset();
  post_next();
}

bool Pipeline::drained() const { return window_.in_hand() == 0 || posting_ == Posting::kGivenUp; }

}  // namespace event_consumer
