#include "worker/insert/insert_stage.h"

#include <utility>

#include "common/log.h"
#include "worker/insert/encode_anew.h"

namespace event_consumer {
namespace {

constexpr char kNothingFits[] =
    "none of the events has a key that is a column of the table; correct RABBITMQ_QUEUE or "
    "CLICKHOUSE_TABLE, or the columns";

}  // namespace

InsertStage::InsertStage(const BatchLimits& limits, Duration check_interval, RowWriter writer,
                         const InFlight& messages, PostLedger& ledger)
    : messages_(messages),
      ledger_(ledger),
      writer_(std::move(writer)),
      batches_(limits),
      orphans_(ledger),
      table_watch_{check_interval} {}

Effects InsertStage::add(DeliveryId id, const Delivery& message, TimePoint now) {
  auto rejection = writer_.write(message, batches_.buffer());
  stats_.encoded(writer_.event_time(), writer_.unknown_keys());
  if (rejection) {
    Effects effects;
    reject({id, std::move(*rejection)}, now, effects);
    return effects;
  }
  batches_.added(id, writer_.groups(), now);
  return go_on(now);
}

void InsertStage::reject(Refused message, TimePoint now, Effects& effects) {
  const bool is_first = refusal_search_.unmatched() == 0;
  if (message.rejection.reason != Reason::kNoKnownKey || refusal_search_.is_at_fault(message, now))
    return effects.refused.push_back(std::move(message));
  if (is_first) stats_.nothing_fits(message.rejection.error, now);
  if (!table_watch_.seen_at) table_watch_.seen_at = now;
}

Effects InsertStage::window_is_full(TimePoint now) {
  batches_.make_due(FlushReason::kWindow);
  return go_on(now);
}

Effects InsertStage::time_passed(TimePoint now) {
  if (phase_.state == State::kWaiting && now >= phase_.at) {
    const Next next = phase_.next;
    phase_ = Phase{};
    if (next != Next::kPost) return check_table(next);
  }
  const auto look_at = look_deadline();
  if (phase_.state != State::kIdle || !look_at || now < *look_at) return go_on(now);
  if (table_watch_.round_at && now >= *table_watch_.round_at) {
    table_watch_.round_at.reset();
    batches_.put_last(refusal_search_.take_round());
  }
  return check_table(Next::kCheckAndPost);
}

Effects InsertStage::others_stored(const StoredByOthers& stored, TimePoint now) {
  const bool is_witness = refusal_search_.is_witness(stored.insert_posted_at);
  if (!is_witness || phase_.state != State::kIdle || mode_ == Mode::kDraining) return {};
  // The other one may know columns that were put right since the table was looked at here.
  return unmatched() > 0 ? check_table(Next::kCheckAndJudge)
                         : witnessed(refusal_search_.is_witness(stored.run_posted_at), now);
}

Effects InsertStage::witnessed(bool is_run, TimePoint now) {
  put_on_trial(refusal_search_.others_stored(is_run));
  Effects effects;
  effects.refused = refusal_search_.take_unmatched();
  return go_on(now, std::move(effects));
}

Effects InsertStage::drain(TimePoint now) {
  mode_ = Mode::kDraining;
  if (phase_.state == State::kWaiting) phase_ = {State::kGivenUp};
  return go_on(now);
}

// Begins the next post, when there is something to post and nothing under way or waited for.
Effects InsertStage::go_on(TimePoint now, Effects effects) {
  if (mode_ == Mode::kDraining) batches_.make_due(FlushReason::kStop);
  if (phase_.state != State::kIdle) return effects;
  if (mode_ == Mode::kProbing) return check_table(Next::kCheckAndPost, std::move(effects));
  if (waits_for_columns()) {
    wait(ErrorClass::kConfiguration, Next::kCheckAndPost, kNothingFits, now);
    return effects;
  }
  batches_.seal_due(now);
  if (orphans_.empty() && !batches_.has_sealed()) {
    if (refusal_search_.apart() > 0 && !table_watch_.round_at)
      table_watch_.round_at = now + retry_pause_.between_rounds();
    return effects;
  }
  // A server that does not compare types itself stores bytes of other types as garbage.
  const Batch& next = orphans_.empty() ? batches_.front() : orphans_.front();
  if (!next.format().states_types) return check_table(Next::kCheckAndPost, std::move(effects));
  return post(now, std::move(effects));
}

Effects InsertStage::post(TimePoint now, Effects effects) {
  phase_ = {State::kPosting, Next::kPost, now};
  posted_ = orphans_.empty() ? batches_.take_front() : orphans_.take_front();
  if (!posted_->is_orphan()) ledger_.post(*posted_, messages_, now);
  stats_.posted(now);
  effects.post = posted_.get();
  return effects;
}

Effects InsertStage::check_table(Next next, Effects effects) {
  phase_ = {State::kChecking, next};
  effects.check_table = true;
  effects.is_settled = orphans_.empty() && batches_.is_settled() && refusal_search_.is_settled();
  return effects;
}

Effects InsertStage::wait(ErrorClass error_class, Next next, const std::string& why,
                          TimePoint now) {
  // One that stops repeats nothing, whatever it was busy with when it was asked to.
  if (mode_ == Mode::kDraining) {
    phase_ = {State::kGivenUp};
    return {};
  }
  phase_ = {State::kWaiting, next, now + retry_pause_.after(error_class, why, now)};
  return {};
}

Effects InsertStage::inserted(const InsertOutcome& outcome, TimePoint now) {
  const TimePoint posted_at = phase_.at;
  phase_ = Phase{};
  if (outcome.is_token_void) return token_is_void(outcome, now);
  const bool is_stored = outcome.kind == InsertOutcome::Kind::kStored;
  if (is_stored)
    stats_.stored(*posted_, now);
  else
    stats_.failed(*posted_, outcome, now);
  if (outcome.kind == InsertOutcome::Kind::kUnknown) posted_->set_may_be_stored(posted_at);
  if (outcome.is_in_table) posted_->refusals().is_in_table = true;
  if (is_stored) ledger_.stored(posted_->token());
  const bool is_refused = outcome.kind == InsertOutcome::Kind::kRefused;
  if (is_refused && posted_->is_settled()) ledger_.not_stored(posted_->token());
  if (is_stored && mode_ == Mode::kProbing) mode_ = Mode::kOrdinary;
  if (posted_->is_orphan()) return orphan_answered(outcome, now);
  return is_stored ? stored(outcome, posted_at, now) : failed(outcome, now);
}

// Rather twice than never. The messages of an orphan come again.
Effects InsertStage::token_is_void(const InsertOutcome& outcome, TimePoint now) {
  log::warn("{}", outcome.message);
  stats_.not_sent();
  if (posted_->is_orphan()) return orphan_answered(outcome, now);
  stats_.may_double(posted_->rows());
  ledger_.not_stored(posted_->token());
  posted_->renew_token();
  put_first(std::exchange(posted_, nullptr));
  return go_on(now);
}

// What an operator has to put right would refuse the next one, too; what is wrong with former
// columns would not.
Effects InsertStage::orphan_answered(const InsertOutcome& outcome, TimePoint now) {
  const bool concerns_all = outcome.kind != InsertOutcome::Kind::kStored &&
                            outcome.error_class == ErrorClass::kConfiguration &&
                            writer_.has_format(posted_->format());
  const bool is_kept = orphans_.answered(std::exchange(posted_, nullptr), outcome, stats_);
  if (is_kept || concerns_all || mode_ == Mode::kProbing)
    wait(is_kept ? outcome.error_class : ErrorClass::kConfiguration, Next::kCheckAndPost,
         outcome.message, now);
  return go_on(now);
}

// What was stored and is no witness keeps no round from its time.
void InsertStage::put_on_trial(std::vector<BatchPtr> round) {
  if (!round.empty()) table_watch_.round_at.reset();
  batches_.put_first(std::move(round));
}

Effects InsertStage::stored(const InsertOutcome& outcome, TimePoint posted_at, TimePoint now) {
  BatchPtr batch = std::exchange(posted_, nullptr);
  log::debug("{} rows stored, {} bytes", batch->rows(), batch->bytes().size());
  Effects effects;
  // What was let go has its verdict elsewhere.
  for (const DeliveryId message : batch->completed())
    if (messages_.keeps(message)) effects.stored.push_back(message);
  if (BatchPtr rest = batch->make_rest()) put_first(std::move(rest));
  put_on_trial(refusal_search_.stored(*batch, posted_at));
  if (!batch->is_outdated()) effects.refused = refusal_search_.take_unmatched();
  batches_.recycle(std::move(batch));
  retry_pause_.over();
  if (!table_watch_.seen_at) table_watch_.seen_at = now;
  const bool is_time = now - *table_watch_.seen_at >= table_watch_.interval;
  if ((is_time || outcome.server.may_return) && mode_ != Mode::kDraining)
    return check_table(Next::kCheckAndPost, std::move(effects));
  return go_on(now, std::move(effects));
}

Effects InsertStage::failed(const InsertOutcome& outcome, TimePoint now) {
  const bool is_whole = put_first(std::exchange(posted_, nullptr));
  if (mode_ == Mode::kDraining) {
    log::warn("{}", outcome.message);
    phase_ = {State::kGivenUp};
    return {};
  }
  if (!is_whole) return wait(outcome.error_class, Next::kCheckAndPost, outcome.message, now);
  switch (outcome.error_class) {
    case ErrorClass::kTransient:
      refusal_search_.failed_otherwise();
      retry_pause_.note_code(outcome.code, outcome.message, now);
      return wait(outcome.error_class,
                  outcome.server.may_return ? Next::kCheckAndPost : Next::kPost, outcome.message,
                  now);
    case ErrorClass::kConfiguration:
      refusal_search_.failed_otherwise();
      if (is_of_no_use(outcome)) return give_up_bytes(now);
      return wait(outcome.error_class, Next::kCheckAndPost, outcome.message, now);
    case ErrorClass::kUnclear:
      retry_pause_.note_code(outcome.code, outcome.message, now);
      break;
    case ErrorClass::kData:
      break;
  }
  return refused(outcome, now);
}

Effects InsertStage::refused(const InsertOutcome& outcome, TimePoint now) {
  BatchPtr front = batches_.take_front();
  refusal_search_.note_refusal(*front, outcome);
  if (refusal_search_.is_tried_again(*front)) {
    const bool hurries = refusal_search_.hurries(*front);
    batches_.put_second(std::move(front));
    return hurries ? go_on(now) : wait(outcome.error_class, Next::kPost, outcome.message, now);
  }
  batches_.put_first(std::move(front));
  if (is_of_no_use(outcome)) return give_up_bytes(now);
  return check_table(Next::kCheckAndCut);
}

// Whether the front batch has the bytes of former columns, which the server does not take.
bool InsertStage::is_of_no_use(const InsertOutcome& outcome) const {
  return outcome.kind == InsertOutcome::Kind::kRefused && batches_.front().is_outdated();
}

// The server does not take the bytes: whether they are stored will never be known. Rather twice
// than never; what is refused of them is not the fault of a row.
Effects InsertStage::give_up_bytes(TimePoint now) {
  Effects effects;
  batches_.put_first(take_anew(*batches_.take_front(), now, effects));
  return go_on(now, std::move(effects));
}

Effects InsertStage::table_checked(TableOutcome outcome, TimePoint now) {
  const Next next = phase_.next;
  phase_ = Phase{};
  table_watch_.seen_at = now;
  if (outcome.kind == TableOutcome::Kind::kFailed) return look_failed(outcome, next, now);
  if (mode_ == Mode::kProbing) mode_ = Mode::kOrdinary;
  if (!batches_.has_sealed() && !refusal_search_.is_in_doubt()) stats_.nothing_fails(now);
  if (outcome.kind == TableOutcome::Kind::kChanged)
    return go_on(now, adopt(std::move(*outcome.encoding), now));
  if (next == Next::kCheckAndJudge) return witnessed(/*is_run=*/false, now);
  if (waits_for_columns()) return go_on(now);
  batches_.seal_due(now);
  if (!orphans_.empty()) return post(now, {});
  if (!batches_.has_sealed()) return go_on(now);
  return next == Next::kCheckAndCut ? search_front(now) : post(now, {});
}

Effects InsertStage::look_failed(const TableOutcome& outcome, Next next, TimePoint now) {
  stats_.look_failed(outcome, now);
  return wait(outcome.error_class, next, outcome.message, now);
}

Effects InsertStage::adopt(Encoding encoding, TimePoint now) {
  if (mode_ == Mode::kMisfit) mode_ = Mode::kOrdinary;
  log::info("the table has changed: events are encoded for its new columns from here on");
  writer_.adopt(std::move(encoding));
  batches_.put_last(refusal_search_.columns_changed());
  orphans_.columns_changed(stats_);
  Effects effects;
  std::vector<BatchPtr> anew;
  for (BatchPtr& batch : batches_.take_all()) {
    // One that may be stored keeps its bytes and its token until that is known. A server that does
    // not compare types could take them for something else; there it is encoded anew and may
    // double.
    if (batch->may_be_stored() && batch->format().states_types) {
      batch->set_outdated();
      anew.push_back(std::move(batch));
    } else {
      for (BatchPtr& each : take_anew(*batch, now, effects)) anew.push_back(std::move(each));
    }
  }
  batches_.put_first(std::move(anew));
  for (const auto& [message, former] : refusal_search_.take_unmatched())
    if (auto rejection = writer_.write(messages_.content(message), batches_.buffer()))
      reject({message, std::move(*rejection)}, now, effects);
    else
      batches_.added(message, writer_.groups(), now);
  return effects;
}

std::vector<BatchPtr> InsertStage::take_anew(const Batch& batch, TimePoint now, Effects& effects) {
  if (!batch.is_settled()) stats_.may_double(batch.rows());
  ledger_.not_stored(batch.token());
  EncodedAnew anew = encode_anew(batch, messages_, writer_);
  for (Refused& each : anew.refused) reject(std::move(each), now, effects);
  return std::move(anew.batches);
}

Effects InsertStage::search_front(TimePoint now) {
  BatchPtr front = batches_.take_front();
  const bool others_wait = batches_.has_sealed() || batches_.filling_rows() > 0;
  const bool hurries = refusal_search_.hurries(*front);
  const std::string token = front->token();
  RefusalSearch::Step step = refusal_search_.refused(std::move(front), others_wait, now);
  if (!step.first.empty() || !step.at_fault.empty()) ledger_.not_stored(token);
  for (auto part = step.first.rbegin(); part != step.first.rend(); ++part)
    put_first(std::move(*part));
  stats_.may_double(step.doubled_rows);
  Effects effects;
  effects.refused = std::move(step.at_fault);
  if (!step.pause.empty())
    wait(ErrorClass::kConfiguration, Next::kCheckAndPost, step.pause, now);
  else if (batches_.has_sealed() && !hurries)
    wait(ErrorClass::kUnclear, Next::kPost, refusal_search_.refusal(), now);
  else if (!batches_.has_sealed() && !refusal_search_.is_in_doubt())
    stats_.nothing_fails(now);
  return go_on(now, std::move(effects));
}

void InsertStage::link_lost() {
  drop_all();
  if (phase_.state == State::kWaiting && is_healthy() && orphans_.empty()) phase_ = Phase{};
  if (phase_.state == State::kGivenUp) phase_ = Phase{};
}

void InsertStage::given_back(bool fits, TimePoint now) {
  drop_all();
  await_sign_of_life(fits, now);
}

void InsertStage::let_go(bool fits, TimePoint now) {
  std::vector<BatchPtr> all = batches_.take_all();
  for (auto batch = all.rbegin(); batch != all.rend(); ++batch) put_first(std::move(*batch));
  for (const BatchPtr& gone : refusal_search_.let_go(messages_)) ledger_.not_stored(gone->token());
  phase_.next = Next::kCheckAndPost;
  if (mode_ != Mode::kDraining) await_sign_of_life(fits, now);
}

void InsertStage::await_sign_of_life(bool fits, TimePoint now) {
  if (mode_ == Mode::kOrdinary) mode_ = fits ? Mode::kProbing : Mode::kMisfit;
  phase_.next = Next::kCheckAndPost;
  if (request_under_way()) return;
  phase_ = {State::kWaiting, Next::kCheckAndPost, now + retry_pause_.before_probe(now)};
}

// Without the rows of messages that were let go. A batch that may be stored keeps its bytes and its
// token until that is known, as long as anybody waits for it. Whether it is there as it was.
bool InsertStage::put_first(BatchPtr batch) {
  const std::vector<Batch::Run>& runs = batch->runs();
  std::vector<std::size_t> kept;
  for (std::size_t run = 0; run < runs.size(); ++run)
    if (messages_.keeps(runs[run].message)) kept.push_back(run);
  if (kept.empty()) {
    ledger_.not_stored(batch->token());
    return false;
  }
  const bool stays = kept.size() == runs.size() || !batch->is_settled();
  batches_.put_first(stays ? std::move(batch) : batch->only(kept));
  return stays;
}

// Whatever the inserter has goes on, and what may be stored is waited for.
void InsertStage::drop_all() {
  if (posted_) posted_->set_orphan();
  orphans_.add(batches_.drop_all());
  orphans_.add(refusal_search_.drop_all());
  table_watch_.round_at.reset();
  phase_.next = Next::kCheckAndPost;
}

// No insert brings a look at the table while no event fits it, or while all are refused.
std::optional<TimePoint> InsertStage::look_deadline() const {
  if (unmatched() == 0) return table_watch_.round_at;
  return earliest(table_watch_.round_at, *table_watch_.seen_at + table_watch_.interval);
}

// While the inserter is busy, or its failure waited for, no batch is needed.
std::optional<TimePoint> InsertStage::deadline() const {
  switch (phase_.state) {
    case State::kIdle:
      if (!orphans_.empty()) return TimePoint{};
      return earliest(batches_.deadline(), look_deadline());
    case State::kWaiting:
      return phase_.at;
    case State::kPosting:
    case State::kChecking:
    case State::kGivenUp:
      break;
  }
  return std::nullopt;
}

std::size_t InsertStage::held_bytes() const {
  return batches_.held_bytes() + refusal_search_.held_bytes() + orphans_.held_bytes() +
         (posted_ ? posted_->held_bytes() : 0);
}

void InsertStage::report(WorkerRecord& record) {
  stats_.report(record);
  if (const auto run_posted_at = refusal_search_.last_run_posted_at())
    record.last_run_posted_at = to_monotonic_time(*run_posted_at);
  for (std::size_t i = 0; i < batches_.flushes().size(); ++i)
    record.counters.batches[i] += batches_.flushes()[i];
  record.filling_rows = batches_.filling_rows();
}

}  // namespace event_consumer
