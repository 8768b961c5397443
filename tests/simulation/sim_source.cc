#include "tests/simulation/sim_source.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace event_consumer::simulation {
namespace {

using Kind = Channel::Request::Kind;

// Of its stop timeout a worker keeps so much.
constexpr std::chrono::seconds kCloseReserve{3};

const Error kLost{ErrorKind::kLinkLost, "the link is lost"};

// A misfit is at fault only when another message was stored in the columns that the worker knows:
// by it, or posted by another since then.
bool has_witness(const Seat& seat) {
  const auto is_witness = [&seat](const auto& stored) {
    return stored.first != seat.worker && stored.second > seat.book.columns_since();
  };
  const auto& others = seat.ledger.stored_posts;
  return seat.book.has_witness() || std::any_of(others.begin(), others.end(), is_witness);
}

void condemn(const Seat& seat, EventId event) {
  seat.world.require(seat.ledger[event].kind != EventKind::kMisfit || has_witness(seat),
                     "says of a misfit (event) without a witness that it is one", seat.worker,
                     event);
  seat.world.require(seat.ledger[event].kind != EventKind::kGood || seat.book.may_condemn(),
                     "says of good events, one after the other, that they are bad", seat.worker,
                     event);
}

}  // namespace

SimSource::SimSource(const Seat& seat, std::shared_ptr<Channel> channel)
    : seat_(seat),
      channel_(std::move(channel)),
      most_read_(seat_.world.number(1, 40)),
      may_vanish_(seat_.broker.kind().auto_delete) {}

SimSource::~SimSource() {
  seat_.book.link_over(seat_.book.copies_of(
      [this](EventId event) { return seat_.ledger[event].least_copies() > 0; }));
  if (!is_closed_) seat_.broker.client_gone(*channel_);
}

void SimSource::close() {
  is_closed_ = true;
  // What is on its way to it counts as returned, be it at its last delivery.
  seat_.world.require(!has_consumer_ || channel_->was_stalled, "closes while its consumer is there",
                      seat_.worker);
  for (const auto& [tag, event] : unsettled_)
    seat_.world.require(seat_.book.has(tag), "closes over (tag, event) what is stored or confirmed",
                        seat_.worker, tag, event);
  seat_.broker.close(*channel_);
}

Result<SourceEvent> SimSource::next() {
  seat_.step();
  if (channel_->is_reset) return kLost;
  const TimePoint now = seat_.world.now();
  // Its heartbeat.
  if (now >= channel_->stalled_until) channel_->heard_at = now;
  channel_->read_at = now;
  if (buffer_.empty()) read_socket();
  if (!buffer_.empty()) {
    const Channel::Frame frame = buffer_.front();
    buffer_.pop_front();
    if (frame.kind == SourceEvent::Kind::kCancelled && replaced_ > 0) {
      --replaced_;
      return next();
    }
    if (frame.kind == SourceEvent::Kind::kConsuming && keeps_queue_ && !is_cancelling_) {
      keeps_queue_ = false;
      if (auto done = send(Kind::kLetQueueGo); !done) return done.error();
    }
    return report(frame);
  }
  if (channel_->cut_at && *channel_->cut_at <= now && channel_->down.empty()) return kLost;
  // Nothing is heard of the broker either.
  if (now < channel_->stalled_until && now - channel_->heard_at > 2 * seat_.broker.kind().heartbeat)
    return kLost;
  return SourceEvent{};
}

void SimSource::read_socket() {
  auto& down = channel_->down;
  while (!down.empty() && buffer_.size() < most_read_ &&
         channel_->arrival(down.front().at) <= seat_.world.now()) {
    buffer_.push_back(down.front());
    down.pop_front();
  }
}

SourceEvent SimSource::report(const Channel::Frame& frame) {
  SourceEvent event{frame.kind, {}};
  seat_.book.acts();
  if (frame.kind == SourceEvent::Kind::kCancelled) has_consumer_ = false;
  if (frame.kind != SourceEvent::Kind::kDelivery) return event;
  Event& message = seat_.ledger[frame.event];
  event.delivery.tag = frame.tag;
  event.delivery.redelivered = frame.redelivered;
  event.delivery.is_last = frame.is_last;
  event.delivery.body = message.body;
  event.delivery.routing_key = "key";
  ++message.handed;
  if (!frame.redelivered) message.first_taken_by = seat_.worker;
  unsettled_[frame.tag] = frame.event;
  last_tag_ = frame.tag;
  if (frame.is_last) last_.insert(frame.tag);
  seat_.book.handed(frame.tag,
                    {seat_.ledger.known_as(frame.event), message.body.size(), frame.redelivered,
                     frame.is_last, is_cancelling_, message.kind == EventKind::kMisfit},
                    seat_.world.now());
  seat_.world.note(seat_.worker, "takes tag, event", frame.tag, frame.event);
  return event;
}

std::optional<TimePoint> SimSource::ready_at() const {
  if (channel_->is_reset) return channel_->cut_at;
  if (!channel_->down.empty()) return channel_->arrival(channel_->down.front().at);
  return channel_->cut_at;
}

Result<Done> SimSource::send(Kind kind, std::uint64_t number) {
  seat_.step();
  seat_.book.acts();
  if (seat_.broker.breaks(kind)) seat_.broker.reset(*channel_);
  if (channel_->is_reset) return kLost;
  seat_.broker.send(*channel_, kind, number);
  return Done{};
}

Result<Done> SimSource::consume(std::size_t prefetch) {
  seat_.world.note(seat_.worker, "consumes with a prefetch of", prefetch);
  seat_.world.require(!seat_.book.is_paused(), "consumes in a pause", seat_.worker);
  seat_.world.require(!seat_.book.needs_sign_of_life(),
                      "takes again what it gave back, with no sign of life of ClickHouse",
                      seat_.worker);
  seat_.world.require(!seat_.book.are_letters_refused(),
                      "consumes though its dead letters are refused", seat_.worker);
  seat_.world.require(prefetch <= seat_.book.window(), "takes too many ahead (prefetch, most)",
                      seat_.worker, prefetch, seat_.book.window());
  prefetch_ = prefetch;
  former_ = last_tag_;
  is_cancelling_ = false;
  seat_.book.consumes(seat_.world.now());
  const bool replaces = std::exchange(has_consumer_, true);
  ++consumers_;
  if (auto done = send(Kind::kConsume, prefetch); !done || !replaces) return done;
  ++replaced_;
  return send(Kind::kCancel, consumers_ - 1);
}

// What is on its way to a consumer that goes comes back, which a quorum queue counts.
Result<Done> SimSource::cancel() {
  seat_.world.note(seat_.worker, "cancels");
  seat_.world.require(
      is_window_full() || !last_.empty() || seat_.book.may_cancel(seat_.world.now()),
      "cancels for nothing while more is on its way (unsettled, prefetch)", seat_.worker,
      unsettled_.size(), prefetch_);
  seat_.book.cancels(seat_.broker.letters().blocks(), seat_.world.now());
  is_cancelling_ = true;
  if (may_vanish_ && !std::exchange(keeps_queue_, true))
    if (auto done = send(Kind::kKeepQueue); !done) return done;
  return send(Kind::kCancel, consumers_);
}

// While there is a consumer a quorum queue hands it to the same one again, and counts that.
void SimSource::gives_back() {
  seat_.world.require(!has_consumer_, "gives back while it consumes", seat_.worker);
}

Result<Done> SimSource::acknowledge_up_to(DeliveryTag tag) {
  seat_.step();
  seat_.world.note(seat_.worker, "acknowledges up to", tag);
  const auto at = unsettled_.find(tag);
  seat_.world.require(at != unsettled_.end(), "acknowledges a tag that is none", seat_.worker, tag);
  if (at == unsettled_.end()) return Done{};
  for (auto each = unsettled_.begin(); each != std::next(at); ++each)
    require_safe(each->first, each->second);
  unsettled_.erase(unsettled_.begin(), std::next(at));
  return send(Kind::kAcknowledgeUpTo, tag);
}

Result<Done> SimSource::acknowledge(DeliveryTag tag) {
  seat_.step();
  seat_.world.note(seat_.worker, "acknowledges alone", tag);
  const auto at = unsettled_.find(tag);
  seat_.world.require(at != unsettled_.end(), "acknowledges a tag that is none", seat_.worker, tag);
  if (at == unsettled_.end()) return Done{};
  require_safe(tag, at->second);
  unsettled_.erase(at);
  return send(Kind::kAcknowledge, tag);
}

void SimSource::require_safe(DeliveryTag tag, EventId event) {
  // The worker has recognised it.
  const bool is_stored = seat_.ledger[seat_.ledger.known_as(event)].least_copies() > 0;
  if (is_stored && seat_.book.is_copy_in_hand(tag)) seat_.book.settled(tag);
  seat_.world.require(seat_.ledger[seat_.ledger.known_as(event)].is_safe(),
                      "acknowledges (tag, event) what is neither stored nor confirmed",
                      seat_.worker, tag, event);
  seat_.world.require(!seat_.book.has(tag),
                      "acknowledges (tag, event) what it was not told is stored or confirmed",
                      seat_.worker, tag, event);
}

Result<Done> SimSource::reject(DeliveryTag tag) {
  condemn(seat_, unsettled_[tag]);
  return settle(Kind::kReject, tag);
}

Result<Done> SimSource::give_back(DeliveryTag tag) {
  gives_back();
  return settle(Kind::kGiveBack, tag);
}

Result<Done> SimSource::give_back_up_to(DeliveryTag tag) {
  seat_.step();
  seat_.world.note(seat_.worker, "gives back up to", tag);
  gives_back();
  const auto at = unsettled_.find(tag);
  seat_.world.require(at != unsettled_.end(), "gives back a tag that is none", seat_.worker, tag);
  if (at == unsettled_.end()) return Done{};
  const bool nothing_fits = is_window_full() && seat_.book.is_undecided();
  const bool is_early =
      !seat_.book.is_stopping() &&
      seat_.book.has_room_beside_misfits(seat_.broker.kind().prefetch, seat_.batch_bytes);
  seat_.world.require(!is_early, "gives back misfits though there is room beside them",
                      seat_.worker, tag);
  seat_.book.given_back();
  for (auto each = unsettled_.begin(); each != std::next(at); ++each) {
    const bool may_wait = !seat_.book.is_stopping() && !nothing_fits;
    seat_.world.require(!may_wait || seat_.book.has_waited(each->first, seat_.world.now()),
                        "gives back (tag, event) what has not waited", seat_.worker, each->first,
                        each->second);
    require_not_last(each->first);
    require_undecided(each->first, each->second);
    returns(each->first, each->second);
  }
  channel_->is_stopping = seat_.book.is_stopping();
  unsettled_.erase(unsettled_.begin(), std::next(at));
  return send(Kind::kGiveBackUpTo, tag);
}

// One that stops has time for an answer that is on its way: what is given back comes again.
void SimSource::require_undecided(DeliveryTag tag, EventId event) const {
  if (!seat_.book.stops_since(seat_.stop - kCloseReserve, seat_.world.now())) return;
  seat_.world.require(!seat_.book.is_under_way(tag),
                      "stops over (tag, event) what is being posted, with time left", seat_.worker,
                      tag, event);
  seat_.world.require(!seat_.book.has_letter(tag) || seat_.book.are_letters_refused(),
                      "stops over (tag, event) what is not confirmed yet, with time left",
                      seat_.worker, tag, event);
}

// It comes again, and would be stored again.
void SimSource::returns(DeliveryTag tag, EventId event) {
  seat_.world.require(seat_.book.returned(tag),
                      "gives back (tag, event) what is stored or confirmed", seat_.worker, tag,
                      event);
}

void SimSource::require_not_last(DeliveryTag tag) const {
  // One that stops does not wait for ever for the dead-letter queue.
  const bool has_tried = seat_.book.is_stopping() && seat_.book.has_letter(tag);
  seat_.world.require(last_.count(tag) == 0 || !seat_.has_dead_letters || has_tried,
                      "gives back (tag) what its queue will drop", seat_.worker, tag);
}

Result<Done> SimSource::settle(Kind kind, DeliveryTag tag) {
  seat_.step();
  seat_.world.note(seat_.worker, kind == Kind::kReject ? "rejects" : "gives back", tag);
  if (kind == Kind::kGiveBack) require_not_last(tag);
  if (kind == Kind::kReject)
    seat_.book.settled(tag);
  else
    returns(tag, unsettled_[tag]);
  seat_.world.require(unsettled_.erase(tag) == 1, "settles a tag that is none", seat_.worker, tag);
  return send(kind, tag);
}

Result<Done> SimDeadLetters::publish(const Delivery& delivery, const Rejection& rejection) {
  seat_.step();
  const EventId event = Ledger::id_in(delivery.body);
  seat_.world.note(seat_.worker, "dead-letters tag, event", delivery.tag, event);
  if (rejection.reason == Reason::kDeliveryLimit) {
    seat_.ledger[event].was_saved = true;
    seat_.book.goes_for_good(delivery.tag);
    seat_.book.last_goes();
  } else {
    condemn(seat_, event);
  }
  // A view may have let its rows in, and it may come back before it is confirmed.
  if (seat_.ledger[event].by_view > 0) ++seat_.ledger[event].outdated;
  seat_.book.is_letter(delivery.tag);
  letters_.push_back({delivery.tag, event, delivery.body.size()});
  bytes_ += delivery.body.size();
  const bool waits = goes_ahead_ && letters_.size() > 1;
  if (line_ && !waits) seat_.broker.letters().send(*line_, event);
  return Done{};
}

Result<std::optional<DeliveryTag>> SimDeadLetters::next_confirmed() {
  seat_.step();
  if (!line_) return std::optional<DeliveryTag>();
  if (line_->cut_at && *line_->cut_at <= seat_.world.now()) return kLost;
  while (!line_->down.empty() && line_->down.front().at <= seat_.world.now()) {
    const bool is_taken = line_->down.front().is_taken;
    line_->down.pop_front();
    if (!is_taken) {
      // The connection goes, whatever else is said on it.
      refuses_ = true;
      seat_.book.set_letters_refused(true);
      line_.reset();
      return Error{ErrorKind::kConfiguration, "the dead-letter queue refuses"};
    }
    refuses_ = false;
    seat_.book.set_letters_refused(false);
    const Letter letter = letters_.front();
    letters_.pop_front();
    bytes_ -= letter.bytes;
    if (std::exchange(goes_ahead_, false))
      for (const Letter& each : letters_) seat_.broker.letters().send(*line_, each.event);
    if (letter.is_forgotten) continue;
    seat_.book.settled(letter.tag);
    return std::optional(letter.tag);
  }
  return std::optional<DeliveryTag>();
}

Result<Done> SimDeadLetters::try_again() {
  seat_.step();
  if (!seat_.broker.is_up()) return kLost;
  letters_.erase(std::remove_if(letters_.begin(), letters_.end(),
                                [](const Letter& letter) { return letter.is_forgotten; }),
                 letters_.end());
  bytes_ = 0;
  line_ = seat_.broker.letters().open();
  for (const Letter& letter : letters_) {
    seat_.world.require(seat_.book.has(letter.tag), "dead-letters (tag) what it has given back",
                        seat_.worker, letter.tag);
    bytes_ += letter.bytes;
  }
  goes_ahead_ = true;
  if (!letters_.empty()) seat_.broker.letters().send(*line_, letters_.front().event);
  refuses_ = !letters_.empty();
  seat_.book.set_letters_refused(refuses_);
  return Done{};
}

void SimDeadLetters::forget() {
  for (Letter& letter : letters_) {
    letter.is_forgotten = true;
    letter.bytes = 0;
  }
  bytes_ = 0;
}

std::optional<TimePoint> SimDeadLetters::ready_at() const {
  if (!line_) return std::nullopt;
  std::optional<TimePoint> at = line_->cut_at;
  if (!line_->down.empty()) at = earliest(at, line_->down.front().at);
  return at;
}

}  // namespace event_consumer::simulation
