#include "worker/insert/refusal_search.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>

#include "common/log.h"

namespace event_consumer {
namespace {

// So often a whole batch, or a message on trial, is refused for no clear reason before anything is
// made of it.
constexpr std::size_t kMostUnclear = 3;

// When so many messages are refused one by one and nothing is stored in between, it may not be the
// messages. No more are tried at once, and no more have their trial on one witness: when the server
// fails just then, no more are wronged.
constexpr std::size_t kMostAtOnce = 8;

// After a part that is stored so many refusals need no pause.
constexpr std::size_t kHaste = 6;

// The others have all of theirs in the rest of the batch.
std::size_t messages_with_rows(const Batch& batch) {
  return static_cast<std::size_t>(std::count_if(batch.runs().begin(), batch.runs().end(),
                                                [](const auto& run) { return run.rows > 0; }));
}

}  // namespace

void RefusalSearch::note_refusal(Batch& batch, const InsertOutcome& outcome) {
  refusal_ = {outcome.message, outcome.error_class == ErrorClass::kUnclear};
  if (refusal_.is_unclear) ++batch.refusals().unclear;
  if (refusal_.is_unclear && batch.is_part()) ++refused_parts_;
  const bool is_sharded = outcome.server.stored_in.durability == Durability::kShards;
  // One that was set apart is nothing new.
  if (!refusal_.is_unclear || !is_sharded || batch.refusals().was_alone) return;
  runs_.refused();
  failed_otherwise();
}

bool RefusalSearch::is_on_trial(const Batch& batch) const {
  return batch.refusals().trial && *batch.refusals().trial > trials_void_until_;
}

bool RefusalSearch::is_tried_again(const Batch& batch) const {
  if (!refusal_.is_unclear) return false;
  const std::size_t times = batch.refusals().unclear;
  if (batch.runs().size() == 1) return is_on_trial(batch) && times < kMostUnclear;
  if (!batch.is_part()) return times < kMostUnclear;
  // Its sibling first: if that is stored, rows are at fault.
  return times == 1 && refused_parts_ == 1;
}

bool RefusalSearch::hurries(const Batch& batch) {
  if (!refusal_.is_unclear || batch.refusals().was_alone) return true;
  if (haste_ == 0) return false;
  --haste_;
  return true;
}

RefusalSearch::Step RefusalSearch::refused(BatchPtr batch, bool others_wait, TimePoint now) {
  undecided_since_ = now;
  const std::size_t messages = batch->runs().size();
  if (messages == 1) return refused_alone(std::move(batch), others_wait);
  // Once for all of its parts: each may be refused in other words.
  if (!batch->is_part())
    log::warn("{}; the {} rows are cut in halves until those at fault stand alone{}", refusal_.text,
              batch->rows(),
              batch->refusals().is_in_table
                  ? "; the table has them already, and each may be stored there as often "
                    "as its batch is cut: repair the view, or drop it"
                  : "");
  if (!batch->is_part()) refused_parts_ = 0;
  Step step;
  step.first.push_back(batch->part(0, messages / 2));
  step.first.push_back(batch->part(messages / 2, messages));
  if (!batch->is_settled()) step.doubled_rows = batch->rows();
  return step;
}

RefusalSearch::Step RefusalSearch::refused_alone(BatchPtr batch, bool others_wait) {
  Step step;
  if (is_on_trial(*batch)) {
    step.at_fault.push_back({batch->runs().front().message, {Reason::kRefused, "", refusal_.text}});
    return step;
  }
  const bool is_new = !batch->refusals().was_alone;
  batch->refusals() = {0, /*was_alone=*/true, !refusal_.is_unclear, batch->refusals().is_in_table};
  apart_.push_back(std::move(batch));
  if (is_new && ++since_stored_.newly_apart % kMostAtOnce == 0) {
    step.pause = refusal_.text + "; " + std::to_string(kMostAtOnce) +
                 " rows in a row are refused one by one, as if it were not their fault";
  } else if (!others_wait && !std::exchange(since_stored_.is_keeping_said, true)) {
    log::warn(
        "{}; the event is kept, neither stored nor dead-lettered, until another was stored: if "
        "none is, it is not the event; look at the constraints, MATERIALIZED columns and views of "
        "the table",
        refusal_.text);
  }
  return step;
}

bool RefusalSearch::is_at_fault(const Refused& unmatched, TimePoint now) {
  if (has_witness_) return true;
  unmatched_.push_back(unmatched);
  undecided_since_ = now;
  return false;
}

bool RefusalSearch::is_witness(MonotonicTime posted_at) const {
  return undecided() > 0 && posted_at > to_monotonic_time(undecided_since_);
}

std::vector<BatchPtr> RefusalSearch::stored(const Batch& batch, TimePoint posted_at) {
  haste_ = batch.is_part() ? kHaste : 0;
  refused_parts_ = 0;
  const bool had_witness = has_witness_;
  const bool was_alone = batch.refusals().was_alone;
  if (!was_alone) runs_.stored(messages_with_rows(batch), posted_at);
  std::vector<BatchPtr> round = others_stored(!runs_.is_in_doubt());
  // What was set apart like this one may be stored now, too.
  if (round.empty() && was_alone) round = take_round();
  if (batch.is_outdated()) has_witness_ = had_witness;
  return round;
}

std::vector<BatchPtr> RefusalSearch::others_stored(bool is_run) {
  ++stored_inserts_;
  has_witness_ = true;
  since_stored_ = {};
  std::vector<BatchPtr> round = take_round(/*only_clear=*/runs_.is_in_doubt() && !is_run);
  for (const BatchPtr& each : round) each->refusals().trial = stored_inserts_;
  return round;
}

std::vector<BatchPtr> RefusalSearch::take_round(bool only_clear) {
  std::vector<BatchPtr> round, others;
  for (BatchPtr& each : apart_) {
    const bool is_taken = round.size() < kMostAtOnce && (each->refusals().was_clear || !only_clear);
    (is_taken ? round : others).push_back(std::move(each));
  }
  apart_ = std::move(others);
  return round;
}

bool RefusalSearch::is_in_doubt() const {
  return !apart_.empty() &&
         (!has_witness_ || runs_.is_in_doubt() || since_stored_.newly_apart >= kMostAtOnce);
}

std::vector<BatchPtr> RefusalSearch::columns_changed() {
  has_witness_ = false;
  return take_apart();
}

std::vector<BatchPtr> RefusalSearch::take_apart() {
  haste_ = 0;
  since_stored_ = {};
  return std::exchange(apart_, {});
}

std::vector<BatchPtr> RefusalSearch::let_go(const InFlight& messages) {
  const auto is_kept = [&](const BatchPtr& batch) {
    return messages.keeps(batch->runs()[0].message);
  };
  const auto gone = std::stable_partition(apart_.begin(), apart_.end(), is_kept);
  std::vector<BatchPtr> dropped(std::make_move_iterator(gone),
                                std::make_move_iterator(apart_.end()));
  apart_.erase(gone, apart_.end());
  unmatched_.erase(
      std::remove_if(unmatched_.begin(), unmatched_.end(),
                     [&](const Refused& each) { return !messages.keeps(each.message); }),
      unmatched_.end());
  return dropped;
}

std::vector<BatchPtr> RefusalSearch::drop_all() {
  unmatched_.clear();
  return take_apart();
}

}  // namespace event_consumer
