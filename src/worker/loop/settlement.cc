#include "worker/loop/settlement.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "common/log.h"
#include "worker/ledger/identity.h"

namespace event_consumer {
namespace {

// What comes at its last delivery while the consumer is being cancelled was sent before memory was
// full: a window, which is sized to fit into memory, so that twice the memory takes nearly all.
constexpr std::size_t kLateFactor = 2;

constexpr char kLastDelivery[] =
    "it cannot be stored now, and its queue would drop it the next time that it came back";

Error out_of_order(DeliveryTag tag) {
  return {ErrorKind::kInternal, "delivery tag " + std::to_string(tag) + " came out of order"};
}

}  // namespace

Settlement::Settlement(const SettlementLimits& limits, Encoding encoding, CrashGuard& guard,
                       Inserter& inserter, PostLedger& ledger)
    : limits_(limits),
      inserter_(inserter),
      recogniser_(ledger),
      stage_(limits.batch, limits.table_check_interval,
             RowWriter(std::move(encoding), guard, limits.batch.bytes), in_flight_, ledger) {}

void Settlement::link_made(Source& source, DeadLetterSink* dead_letters, TimePoint now) {
  source_ = &source;
  rejections_.link_made(dead_letters);
  recogniser_.link_made(now);
}

void Settlement::link_lost(TimePoint now) {
  source_ = nullptr;
  rejections_.link_lost();
  in_flight_.lose_link();
  late_.clear();
  is_giving_back_ = false;
  stage_.link_lost();
  recogniser_.link_lost(now);
}

Result<Done> Settlement::take(Delivery delivery, TimePoint now) {
  delivery.taken_at = now;
  delivery.fingerprint = fingerprint_of(delivery);
  const Fingerprint message = identify(delivery, limits_.way);
  const auto id = in_flight_.add(delivery, now, message);
  if (!id) return out_of_order(delivery.tag);
  received(delivery, message, now);
  if (delivery.body.size() > limits_.batch.bytes) {
    const std::string error = std::to_string(delivery.body.size()) + " bytes, --batch-bytes is " +
                              std::to_string(limits_.batch.bytes);
    if (auto done = reject(delivery, {Reason::kTooLarge, "", error}, now); !done) return done;
  } else if (delivery.redelivered) {
    in_flight_.keep(*id, delivery);
    recogniser_.add(*id, message, now);
    return recognise(now);
  } else {
    if (auto done = encode(*id, delivery, now); !done) return done;
  }
  // A full window brings nothing more: whoever waits for company would wait in vain.
  if (!window_is_full()) return Done{};
  return apply(stage_.window_is_full(now), now);
}

Result<Done> Settlement::encode(DeliveryId id, const Delivery& delivery, TimePoint now) {
  const Effects effects = stage_.add(id, delivery, now);
  if (!effects.refused.empty()) {
    auto done = reject(delivery, effects.refused.front().rejection, now);
    in_flight_.let_go(id);
    return done;
  }
  if (!in_flight_.keeps(id)) in_flight_.keep(id, delivery);
  in_flight_.set_published_at(id, stage_.published_at(delivery));
  return apply(effects, now);
}

Result<Done> Settlement::recognise(TimePoint now) {
  const auto decisions = recogniser_.decide(now);
  for (BatchPtr& orphan : recogniser_.take_adopted()) stage_.adopt(std::move(orphan));
  for (const auto& [copy, is_stored] : decisions) {
    // It may be on its way to the dead-letter queue.
    if (!in_flight_.keeps(copy)) continue;
    if (is_stored)
      in_flight_.settle(copy, Verdict::kRecognised);
    else if (auto done = encode(copy, in_flight_.content(copy), now); !done)
      return done;
  }
  if (decisions.empty()) return Done{};
  if (auto done = acknowledge(); !done) return done;
  return window_is_full() ? apply(stage_.window_is_full(now), now) : Result<Done>(Done{});
}

// All that come are told to the recogniser: one that goes back could else be taken for another that
// is equal to it and stored.
void Settlement::received(const Delivery& delivery, const Fingerprint& message, TimePoint now) {
  recogniser_.came(message, delivery.redelivered);
  last_taken_at_ = now;
  ++counters_.received;
  if (delivery.redelivered) ++counters_.redelivered;
  counters_.received_bytes += delivery.body.size();
}

Result<Done> Settlement::take_late(const Delivery& delivery, TimePoint now) {
  if (delivery.is_last && held_bytes() < kLateFactor * limits_.held_bytes())
    return take(delivery, now);
  const auto id = in_flight_.add(delivery, now);
  if (!id) return out_of_order(delivery.tag);
  received(delivery, identify(delivery, limits_.way), now);
  if (delivery.is_last && rejections_.has_queue())
    return reject(delivery, {Reason::kDeliveryLimit, "", kLastDelivery}, now);
  late_.push_back(*id);
  return Done{};
}

Result<Done> Settlement::return_late() {
  for (const DeliveryId id : std::exchange(late_, {})) {
    in_flight_.settle(id, Verdict::kReturned);
    if (auto done = source_->give_back(id.tag); !done) return done;
  }
  return acknowledge();
}

// What is given back up to a tag takes everything before it along. So it waits until nothing in
// hand is at its last delivery. Why, is decided at the first call: what is left at the second says
// nothing of the table.
Result<Done> Settlement::give_back_all(TimePoint now) {
  const bool fits = is_giving_back_ || !nothing_fits();
  is_giving_back_ = has_last();
  return is_giving_back_ ? dead_letter_last(fits, now) : give_back_rest(fits, now);
}

Result<Done> Settlement::give_back_rest(bool fits, TimePoint now) {
  // The stage drops what in_flight_ will know no more, whatever becomes of the link.
  stage_.given_back(fits, now);
  late_.clear();
  recogniser_.given_back(now);
  rejections_.forget();
  for (const InFlight::Step& step : in_flight_.give_back_all()) {
    auto done = step.is_return ? source_->give_back_up_to(step.up_to)
                               : source_->acknowledge_up_to(step.up_to);
    if (!done) return done;
  }
  return Done{};
}

Result<Done> Settlement::dead_letter_last(bool fits, TimePoint now) {
  for (const DeliveryId id : in_flight_.last_kept()) {
    auto done = reject(in_flight_.content(id), {Reason::kDeliveryLimit, "", kLastDelivery}, now);
    if (!done) return done;
    in_flight_.let_go(id);
  }
  stage_.let_go(fits, now);
  return Done{};
}

Result<Done> Settlement::apply(const Effects& effects, TimePoint now) {
  count_stored(effects.stored);
  for (const DeliveryId id : effects.stored) in_flight_.settle(id, Verdict::kStored);
  if (effects.post != nullptr) inserter_.start(*effects.post);
  if (effects.check_table) inserter_.start_table_check(effects.is_settled);
  for (const Refused& refusal : effects.refused) {
    const Delivery delivery = in_flight_.content(refusal.message);
    if (auto done = reject(delivery, refusal.rejection, now); !done) return done;
    in_flight_.let_go(refusal.message);
  }
  return acknowledge();
}

// A publisher's clock may be ahead of ours.
void Settlement::count_stored(const std::vector<DeliveryId>& stored) {
  if (stored.empty()) return;
  const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
  for (const DeliveryId id : stored)
    if (const auto published_at = in_flight_.published_at(id))
      counters_.stored_after_seconds.observe(std::max(0.0, now.count() - *published_at));
}

Result<Done> Settlement::reject(const Delivery& delivery, const Rejection& rejection,
                                TimePoint now) {
  auto done = rejections_.reject(delivery, rejection, now);
  if (rejections_.has_queue()) return done;
  const DeliveryTag tag = delivery.tag;
  in_flight_.settle(in_flight_.id_of(tag), Verdict::kRejected);
  if (done = source_->reject(tag); !done) return done;
  return acknowledge();
}

Result<Done> Settlement::dead_lettered(DeliveryTag tag) {
  const Rejections::Blame blame = rejections_.confirmed(tag);
  if (in_flight_.settle(in_flight_.id_of(tag), Verdict::kDeadLettered)) {
    ++counters_.dead_lettered[static_cast<std::size_t>(blame.reason)];
    if (!blame.column.empty()) counters_.count_dead_letter_column(blame.reason, blame.column);
  }
  return acknowledge();
}

Result<Done> Settlement::inserted(const InsertOutcome& outcome, TimePoint now) {
  return apply(stage_.inserted(outcome, now), now);
}

Result<Done> Settlement::table_checked(TableOutcome outcome, TimePoint now) {
  return apply(stage_.table_checked(std::move(outcome), now), now);
}

Result<Done> Settlement::time_passed(TimePoint now) {
  rejections_.time_passed(now);
  if (auto done = apply(stage_.time_passed(now), now); !done || source_ == nullptr) return done;
  if (auto done = recognise(now); !done) return done;
  const bool is_due = recogniser_.is_proof_due(in_flight_.settled_up_to(), now);
  return is_due ? ask_whether_settled(now) : Result<Done>(Done{});
}

Result<Done> Settlement::ask_whether_settled(TimePoint now) {
  recogniser_.asked(in_flight_.settled_up_to(), now);
  return source_->confirm_settled();
}

std::optional<TimePoint> Settlement::deadline() const {
  const auto of_inserts = earliest(stage_.deadline(), rejections_.deadline());
  if (source_ == nullptr) return of_inserts;
  return earliest(of_inserts, recogniser_.deadline(in_flight_.settled_up_to()));
}

Result<Done> Settlement::others_stored(const StoredByOthers& stored, TimePoint now) {
  return apply(stage_.others_stored(stored, now), now);
}

Result<Done> Settlement::acknowledge() {
  const auto tag = in_flight_.take_settled_prefix();
  if (tag)
    if (auto done = source_->acknowledge_up_to(*tag); !done) return done;
  // What waits for others, or for the dead-letter queue, must not keep the rest of the queue away.
  const bool is_in_the_way = wants_more() || window_is_full();
  return in_flight_.has_settled() && is_in_the_way ? acknowledge_behind() : Result<Done>(Done{});
}

Result<Done> Settlement::acknowledge_behind() {
  for (const DeliveryTag behind : in_flight_.take_settled_behind())
    if (auto done = source_->acknowledge(behind); !done) return done;
  return Done{};
}

bool Settlement::may_take() const {
  return held_bytes() < limits_.held_bytes() && rejections_.has_room();
}

bool Settlement::has_room() const {
  const bool is_half_empty = held_bytes() <= limits_.held_bytes() / 2;
  return stage_.is_healthy() && may_take() && (is_half_empty || wants_more());
}

bool Settlement::drained() const {
  if (stage_.gave_up()) return !rejections_.awaits_confirms();
  if (stage_.has_orphans()) return false;
  const std::size_t waiting = late() + stage_.undecided() + rejections_.refused();
  return in_flight_.in_hand() <= waiting;
}

void Settlement::report(WorkerRecord& record) {
  record.counters = counters_;
  record.counters.inserted = in_flight_.count(Verdict::kStored);
  record.counters.rejected = in_flight_.count(Verdict::kRejected);
  record.counters.recognised = in_flight_.count(Verdict::kRecognised);
  record.counters.returned += in_flight_.count(Verdict::kReturned);
  record.in_hand = in_flight_.in_hand();
  record.unacknowledged = in_flight_.unacknowledged();
  const auto oldest = in_flight_.oldest();
  record.oldest_taken_at = oldest ? to_monotonic_time(*oldest) : 0;
  record.last_taken_at = last_taken_at_ ? to_monotonic_time(*last_taken_at_) : 0;
  record.held_bytes = held_bytes();
  stage_.report(record);
}

}  // namespace event_consumer
