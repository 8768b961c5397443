#include "worker/insert/refusal_search.h"

#include <memory>
#include <utility>

#include "common/log.h"

namespace event_consumer {
namespace {

// When so many messages are refused one by one and nothing is stored in between, it may not be the
// messages.
constexpr std::size_t kMostSuspects = 8;

RefusalSearch::AtFault at_fault(const Batch& batch, const std::string& refusal) {
  return {batch.runs().front().message, refusal};
}

}  // namespace

RefusalSearch::Step RefusalSearch::refused(BatchPtr batch, bool others_wait) {
  const std::size_t messages = batch->runs().size();
  if (messages == 1) return refused_alone(std::move(batch), others_wait);
  // Once for all of its parts: each may be refused in other words.
  if (!batch->is_part())
    log::warn("{}; the {} rows are cut in halves until those at fault stand alone", refusal_,
              batch->rows());
  Step step;
  step.first.push_back(std::make_unique<Batch>(batch->part(0, messages / 2)));
  step.first.push_back(std::make_unique<Batch>(batch->part(messages / 2, messages)));
  return step;
}

RefusalSearch::Step RefusalSearch::refused_alone(BatchPtr batch, bool others_wait) {
  Step step;
  const auto refused_before = batch->refused_alone_after();
  if (refused_before && *refused_before < stored_inserts_) {
    step.at_fault.push_back(at_fault(*batch, refusal_));
  } else {
    batch->set_refused_alone_after(stored_inserts_);
    suspects_.push_back({std::move(batch), refusal_});
  }
  // While others wait, nothing is given up without comparison: they are to be tried first.
  const std::size_t condemned = others_wait ? 0 : unconfirmed_;
  if (suspects_.size() + condemned >= kMostSuspects) {
    step.last = take_suspects();
    alone_ = others_wait ? 0 : step.last.size();
    step.pause = refusal_ + "; " + std::to_string(kMostSuspects) +
                 " rows in a row are refused one by one, as if it were not their fault";
  } else if (!others_wait) {
    unconfirmed_ += suspects_.size();
    for (const Suspect& lone : suspects_)
      step.at_fault.push_back(at_fault(*lone.batch, lone.refusal));
    suspects_.clear();
  }
  return step;
}

bool RefusalSearch::is_at_fault(const Unmatched& message) {
  if (!has_witness_) unmatched_.push_back(message);
  return has_witness_;
}

std::vector<BatchPtr> RefusalSearch::stored() {
  ++stored_inserts_;
  has_witness_ = true;
  unconfirmed_ = alone_ = 0;
  return take_suspects();
}

std::vector<BatchPtr> RefusalSearch::take_suspects() {
  std::vector<BatchPtr> batches;
  for (Suspect& suspect : suspects_) batches.push_back(std::move(suspect.batch));
  suspects_.clear();
  return batches;
}

std::size_t RefusalSearch::held_bytes() const {
  std::size_t bytes = 0;
  for (const Suspect& suspect : suspects_) bytes += suspect.batch->bytes().size();
  return bytes;
}

}  // namespace event_consumer
