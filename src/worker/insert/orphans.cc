#include "worker/insert/orphans.h"

namespace event_consumer {

void Orphans::add(std::vector<BatchPtr> batches) {
  for (BatchPtr& batch : batches) {
    if (!ledger_.has(batch->token())) continue;
    batch->set_orphan();
    orphans_.push_back(std::move(batch));
  }
}

BatchPtr Orphans::take_front() {
  BatchPtr front = std::move(orphans_.front());
  orphans_.pop_front();
  return front;
}

bool Orphans::answered(BatchPtr orphan, const InsertOutcome& outcome, InsertStats& stats) {
  const bool is_stored = outcome.kind == InsertOutcome::Kind::kStored;
  const bool may_pass = outcome.kind == InsertOutcome::Kind::kUnknown ||
                        outcome.error_class == ErrorClass::kTransient;
  const bool is_kept =
      !is_stored && !outcome.is_token_void && may_pass && ledger_.has(orphan->token());
  if (is_kept)
    orphans_.push_front(std::move(orphan));
  else
    give_up(*orphan, stats);
  return is_kept;
}

void Orphans::columns_changed(InsertStats& stats) {
  for (BatchPtr& orphan : std::exchange(orphans_, {}))
    if (orphan->format().states_types)
      orphans_.push_back(std::move(orphan));
    else
      give_up(*orphan, stats);
}

// Its messages are ordinary ones from here on, unless its outcome is known.
void Orphans::give_up(const Batch& orphan, InsertStats& stats) {
  if (ledger_.has(orphan.token())) stats.may_double(orphan.rows());
  ledger_.not_stored(orphan.token());
}

}  // namespace event_consumer
