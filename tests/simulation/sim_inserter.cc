#include "tests/simulation/sim_inserter.h"

#include <algorithm>
#include <utility>

namespace event_consumer::simulation {

using Kind = InsertOutcome::Kind;

// Of a batch, for no clear reason.
constexpr std::size_t kRefusalsBeforeCut = 3;

void SimInserter::begin() {
  seat_.step();
  seat_.world.require(!is_under_way_, "two requests at one time", seat_.worker);
  is_under_way_ = true;
  seat_.book.acts();
}

void SimInserter::start(const Batch& batch) {
  begin();
  batch_ = &batch;
  token_ = batch.token();
  bytes_ = std::string(batch.bytes());
  const auto rows = SimClickHouse::rows_of(batch);
  const auto events = SimClickHouse::events_of(rows);
  post_ = seat_.book.post(batch);
  seat_.book.begins(post_);
  note_messages(events);
  for (const EventId event : events) seat_.world.whisper(seat_.worker, "posts event", event);
  seat_.world.note(seat_.worker, "posts rows, from event", rows.size(), events.front());
  note_token();
  note_unwritten();
  posted_at_ = seat_.world.now();
  const bool states_types = batch.format().states_types;
  seat_.world.require(states_types || has_just_looked_, "rows whose types nobody compares",
                      seat_.worker);
  seat_.world.require(states_types || SimClickHouse::version_of(batch) == *known_,
                      "rows of other columns than the table's", seat_.worker);
  server_.post(batch, host_, [slot = slot_, &world = seat_.world](const InsertOutcome& outcome) {
    slot->outcome = outcome;
    slot->ready_at = world.now();
  });
}

void SimInserter::note_messages(const std::vector<EventId>& posted) {
  // What may be stored keeps its bytes, whatever becomes of its messages.
  for (const DeliveryTag tag : post_.tags)
    seat_.world.require(seat_.book.has(tag) || !batch_->is_settled(),
                        "posts a message (tag) that is not in hand", seat_.worker, tag);
  for (const DeliveryTag tag : post_.completed)
    seat_.world.require(!seat_.book.has(tag) ||
                            std::count(posted.begin(), posted.end(), seat_.book.event_of(tag)) > 0,
                        "a message (tag) is stored with rows that are not its own", seat_.worker,
                        tag);
}

// Halves of what is refused for no clear reason may double it: nobody is quick to cut. By delivery:
// one worker may have two of an event, in batches that take turns.
void SimInserter::note_token() {
  seat_.book.for_each(post_, [this](WorkerBook::Entry& message) {
    if (message.token != token_) {
      message.token = token_;
      message.is_in_table = message.is_doubled = false;
      if (!batch_->is_part()) message.refusals = 0;
    }
    seat_.world.require(!batch_->is_part() || message.refusals >= kRefusalsBeforeCut,
                        "cut (event, refusals) too soon", seat_.worker, message.event,
                        message.refusals);
  });
}

// What the ledger has no room for is an ordinary message to whoever gets it next.
void SimInserter::note_unwritten() {
  if (batch_->is_orphan() || !posts_.has_no_room_for(token_)) return;
  if (!unwritten_.insert(token_).second) return;
  seat_.book.for_each(
      post_, [this](WorkerBook::Entry& message) { ++seat_.ledger[message.event].outdated; });
}

// A batch that is refused for no clear reason, often enough, may be cut.
void SimInserter::note_refusals(const InsertOutcome& insert) {
  const bool is_refused = insert.kind == Kind::kRefused;
  const bool is_unclear = is_refused && insert.error_class == ErrorClass::kUnclear;
  const std::size_t refusals = insert.error_class == ErrorClass::kData ? kRefusalsBeforeCut
                               : is_unclear                            ? 1
                                                                       : 0;
  seat_.book.for_each(post_, [&](WorkerBook::Entry& message) {
    if (!batch_->is_part()) message.refusals += refusals;
    message.is_in_table =
        is_refused && !batch_->may_be_stored() && (message.is_in_table || insert.is_in_table);
    if (is_unclear && batch_->runs().size() > 1 && message.refusals >= kRefusalsBeforeCut)
      note_doubled(message);
  });
}

// Rows that a view has let in are in the table again when their batch is cut, or encoded for other
// columns, and with that alone: till then it keeps its token, whoever posts it.
void SimInserter::note_doubled(WorkerBook::Entry& message) {
  if (message.is_in_table && !std::exchange(message.is_doubled, true))
    ++seat_.ledger[message.event].outdated;
}

void SimInserter::start_table_check(bool is_settled) {
  begin();
  // Inserts go back to another host, which does not know what may be stored here.
  if (is_settled && seat_.world.one_in(10)) host_ = 1 - host_;
  seat_.world.note(seat_.worker, "looks at the table");
  server_.look(known_, [slot = slot_, &world = seat_.world](TableOutcome outcome) {
    slot->outcome = std::move(outcome);
    slot->ready_at = world.now();
  });
}

std::optional<Inserter::Outcome> SimInserter::take_outcome() {
  seat_.step();
  if (!slot_->outcome) return std::nullopt;
  seat_.book.acts();
  auto outcome = std::exchange(slot_->outcome, std::nullopt);
  slot_->ready_at.reset();
  is_under_way_ = false;
  seat_.book.has_ended();
  const auto* insert = std::get_if<InsertOutcome>(&*outcome);
  has_just_looked_ = insert == nullptr;
  if (insert == nullptr)
    has_looked(std::get<TableOutcome>(*outcome).kind);
  else
    hears(*insert);
  return outcome;
}

void SimInserter::has_looked(TableOutcome::Kind kind) {
  if (kind != TableOutcome::Kind::kFailed) seat_.book.clickhouse_lives();
  if (kind == TableOutcome::Kind::kChanged) {
    seat_.book.knows_columns(seat_.world.now());
    seat_.book.for_each([this](WorkerBook::Entry& message) { note_doubled(message); });
  }
  seat_.book.set_misnamed(server_.is_misnamed(*known_));
  seat_.world.note(seat_.worker, "has looked: unchanged, changed, failed",
                   static_cast<std::uint64_t>(kind));
}

void SimInserter::hears(const InsertOutcome& insert) {
  seat_.world.note(seat_.worker, "hears: stored, refused, unknown; class",
                   static_cast<std::uint64_t>(insert.kind),
                   static_cast<std::uint64_t>(insert.error_class));
  seat_.world.require(batch_->token() == token_ && batch_->bytes() == bytes_,
                      "a batch has changed while it was posted", seat_.worker);
  if (insert.kind == Kind::kStored) {
    seat_.book.stored(post_);
    seat_.ledger.stored_posts[seat_.worker] = posted_at_;
    // What was kept of a lost link, and what has the bytes of other columns, is no witness.
    if (!batch_->is_orphan() && SimClickHouse::version_of(*batch_) == *known_)
      seat_.book.has_stored_in_them();
  }
  const bool is_data = insert.error_class == ErrorClass::kData;
  const bool is_unclear =
      insert.kind == Kind::kRefused && insert.error_class == ErrorClass::kUnclear;
  if (is_data || is_unclear) seat_.book.refused(post_);
  if (insert.is_token_void) server_.give_up(token_);
  note_refusals(insert);
  // An orphan is posted no more after that: there are as many as its worker leaves behind.
  const bool is_refused = is_unclear && !batch_->is_orphan();
  seat_.world.require(!is_refused || seat_.book.may_be_refused(seat_.world.now()),
                      "a storm of posts that nobody takes", seat_.worker);
  const bool is_cut = is_refused && !batch_->refusals().was_alone;
  seat_.world.require(!is_cut || seat_.book.may_be_cut(seat_.world.now()),
                      "cuts on and on without a pause", seat_.worker);
  // Its halves may double what is stored, if any is.
  if (is_unclear && batch_->may_be_stored())
    for (const EventId event : SimClickHouse::events_of(SimClickHouse::rows_of(*batch_)))
      ++seat_.ledger[event].outdated;
  if (insert.kind == Kind::kRefused && insert.error_class != ErrorClass::kTransient &&
      SimClickHouse::version_of(*batch_) != *known_)
    for (const EventId event : SimClickHouse::events_of(SimClickHouse::rows_of(*batch_)))
      ++seat_.ledger[event].outdated;
  const bool is_given_up = insert.kind == Kind::kRefused &&
                           insert.error_class != ErrorClass::kTransient && batch_->is_orphan();
  if (is_given_up) {
    server_.give_up(token_);
    for (const EventId event : SimClickHouse::events_of(SimClickHouse::rows_of(*batch_)))
      ++seat_.ledger[event].given_up;
  }
  // What refuses former columns says nothing of the next post.
  const bool is_of_no_use = is_given_up && SimClickHouse::version_of(*batch_) != *known_;
  const bool waits = insert.kind != Kind::kStored && !is_data && !is_unclear && !is_of_no_use &&
                     !insert.is_token_void;
  seat_.world.require(!waits || seat_.book.may_have_failed(seat_.world.now()),
                      "posts again and again without a pause", seat_.worker);
}

}  // namespace event_consumer::simulation
