#include "tests/simulation/sim_broker.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace event_consumer::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = Channel::Request::Kind;

// A classic queue that is killed has forgotten the acknowledgements of so long.
constexpr milliseconds kForgotten{500};
// A broker that cannot send for so long cuts the link.
constexpr seconds kSendTimeout{30};

}  // namespace

void SimBroker::publish(EventId event) {
  unpublished_.push_back(event);
  deliver();
}

Result<std::shared_ptr<Channel>> SimBroker::connect(int worker) {
  if (!is_up()) return Error{ErrorKind::kUnavailable, "connection refused"};
  if (world_.now() < refuses_until_) return Error{ErrorKind::kConfiguration, "no access"};
  has_vanished_ = false;
  if (is_queue_missing()) return Error{ErrorKind::kConfiguration, "no queue"};
  auto channel = std::make_shared<Channel>();
  channel->keeps_queue = kind_.auto_delete;
  channel->worker = worker;
  channel->heard_at = channel->read_at = world_.now();
  channels_.push_back(channel);
  if (world_.now() < cuts_until_)
    world_.after(world_.between(milliseconds(1), seconds(1)), [this, channel] {
      if (channel->is_open) cut(*channel, milliseconds(1));
    });
  return channel;
}

void SimBroker::send(Channel& channel, Kind kind, std::uint64_t number) {
  channel.up_at = std::max(channel.up_at, world_.now() + latency());
  channel.up.push_back({kind, channel.up_at, number});
}

void SimBroker::client_gone(Channel& channel) {
  channel.cut_at = world_.now();
  if (!channel.is_open) return;
  // A socket that is closed with unread data resets the connection.
  if (world_.one_in(2)) channel.up.clear();
  const auto& known = *std::find_if(channels_.begin(), channels_.end(),
                                    [&](const auto& each) { return each.get() == &channel; });
  world_.at(channel.arrival(world_.now() + world_.between(milliseconds(1), seconds(3))),
            [this, known] {
              if (known->is_open) end(*known);
              deliver();
            });
}

void SimBroker::close(Channel& channel) {
  if (!channel.is_open || channel.stalled_until > world_.now()) return client_gone(channel);
  while (!channel.up.empty()) handle_next(channel);
  if (channel.is_open) end(channel);
  deliver();
}

std::optional<TimePoint> SimBroker::next_at() const {
  std::optional<TimePoint> next;
  for (const auto& channel : channels_) {
    if (!channel->is_open) continue;
    next = earliest(next, times_out_at(*channel));
    next = earliest(next, loses_patience_at(*channel));
    if (!channel->up.empty()) next = earliest(next, channel->arrival(channel->up.front().at));
  }
  next = earliest(next, letters_.next_at());
  if (!unpublished_.empty() && !has_vanished_)
    next = earliest(next, std::max(down_until_, queue_missing_until_));
  return next;
}

void SimBroker::work() {
  for (const auto& channel : channels_) {
    if (!channel->is_open) continue;
    while (!channel->up.empty() && channel->arrival(channel->up.front().at) <= world_.now())
      handle_next(*channel);
    if (channel->is_open) cut_silent(*channel);
  }
  letters_.work(is_up());
  const auto over = [](const auto& each) { return !each->is_open && each.use_count() == 1; };
  channels_.erase(std::remove_if(channels_.begin(), channels_.end(), over), channels_.end());
  deliver();
}

void SimBroker::cut_silent(Channel& channel) {
  const auto patient_until = loses_patience_at(channel);
  if (patient_until && *patient_until <= world_.now()) {
    world_.note(channel.worker, "the broker waits no longer for an acknowledgement");
  } else if (times_out_at(channel) <= world_.now()) {
    world_.note(channel.worker, "the broker hears nothing, and cuts the link");
    world_.require(channel.was_stalled || channel.cut_at, "a worker leaves its link alone",
                   channel.worker);
  } else {
    return;
  }
  channel.cut_at = std::max(channel.down_at, world_.now());
  end(channel);
}

void SimBroker::handle_next(Channel& channel) {
  const Channel::Request request = channel.up.front();
  channel.up.pop_front();
  channel.heard_at = world_.now();
  auto& unsettled = channel.unsettled;
  const auto at = unsettled.find(request.number);
  const bool settles =
      request.kind >= Kind::kAcknowledgeUpTo;  // these name a tag, which must be known
  if (settles && at == unsettled.end())
    return world_.require(false, "a tag is settled that the broker does not know", channel.worker,
                          request.number);
  // 404
  const bool names_queue = request.kind == Kind::kConsume || request.kind == Kind::kCount;
  if (names_queue && is_queue_missing()) {
    channel.cut_at = std::max(channel.down_at, world_.now());
    return end(channel);
  }
  switch (request.kind) {
    case Kind::kConsume:
      if (channel.consumers.empty()) channel.turn = ++consumers_;
      channel.consumers[++channel.last_consumer] = {request.number, {}};
      return answer(channel, SourceEvent::Kind::kConsuming);
    case Kind::kCancel:
      world_.require(channel.consumers.erase(request.number) == 1, "no consumer to cancel",
                     channel.worker);
      consumer_gone(channel);
      return answer(channel, SourceEvent::Kind::kCancelled);
    case Kind::kKeepQueue:
      channel.keeps_queue = true;
      break;
    case Kind::kLetQueueGo:
      channel.keeps_queue = false;
      consumer_gone(channel);
      break;
    case Kind::kQos:
      return answer_ahead(channel, SourceEvent::Kind::kSettled);
    case Kind::kCount:
      return answer_ahead(channel, SourceEvent::Kind::kCounted);
    case Kind::kAcknowledge:
      taken(channel, *at);
      unsettled.erase(at);
      break;
    case Kind::kAcknowledgeUpTo:
      for (auto each = unsettled.begin(); each != std::next(at); ++each) taken(channel, *each);
      unsettled.erase(unsettled.begin(), std::next(at));
      break;
    case Kind::kGiveBack:
      forget(channel, at->first);
      put_back(at->second, Return::kGivenBack);
      unsettled.erase(at);
      break;
    case Kind::kGiveBackUpTo:
      for (auto each = unsettled.begin(); each != std::next(at); ++each) {
        forget(channel, each->first);
        put_back(each->second, channel.is_stopping ? Return::kLost : Return::kGivenBack);
      }
      unsettled.erase(unsettled.begin(), std::next(at));
      break;
    case Kind::kReject:
      ++ledger_[at->second.event].rejected;
      forget(channel, at->first);
      unsettled.erase(at);
      break;
  }
  while (!acknowledged_.empty() && acknowledged_.front().at < world_.now() - kForgotten)
    acknowledged_.pop_front();
}

void SimBroker::taken(Channel& channel,
                      const std::pair<const DeliveryTag, Channel::Unsettled>& of) {
  if (of.second.is_void) return;
  acknowledged_.push_back({world_.now(), of.second.event});
  channel.acknowledged.push_back(of.second.event);
  ledger_.acknowledged(of.second.event);
  world_.require(ledger_.may_be_acknowledged(of.second.event),
                 "more of some equal events are acknowledged than are stored (event)",
                 channel.worker, of.second.event);
  forget(channel, of.first);
}

void SimBroker::answer(Channel& channel, SourceEvent::Kind kind) {
  channel.down_at = std::max(channel.down_at, world_.now() + latency());
  channel.down.push_back({kind, channel.down_at});
}

// The channel itself answers, and may do so before what a queue has sent it.
void SimBroker::answer_ahead(Channel& channel, SourceEvent::Kind kind) {
  const TimePoint at = world_.now() + latency();
  const auto is_later = [at](const Channel::Frame& frame) { return frame.at > at; };
  channel.down_at = std::max(channel.down_at, at);
  channel.down.insert(std::find_if(channel.down.begin(), channel.down.end(), is_later), {kind, at});
}

SimBroker::Message& SimBroker::message(EventId event) {
  if (event >= messages_.size()) messages_.resize(event + 1);
  return messages_[event];
}

void SimBroker::put_back(const Channel::Unsettled& of, Return why) {
  const EventId event = of.event;
  if (of.is_void || ledger_[event].is_gone) return;
  Message& returned = message(event);
  returned.redelivered = true;
  ++returned.returns;
  if (why == Return::kLost) ++returned.losses;
  if (kind_.is_quorum && kind_.delivery_limit && returned.returns > *kind_.delivery_limit) {
    ledger_[event].limit_dropped = true;
    world_.note(0, "dropped by the delivery limit", event);
    // Each return has its reason, which SimSource asks for. But outages come not so often that they
    // alone reach the usual limit: of what is dropped, links have lost three deliveries of four.
    return world_.require(ledger_[event].kind != EventKind::kGood || ledger_[event].is_safe() ||
                              4 * returned.losses >= 3 * *kind_.delivery_limit ||
                              *kind_.delivery_limit < kUsualDeliveryLimit,
                          "a good event is dropped by the delivery limit (event, lost with links)",
                          0, event, returned.losses);
  }
  queue_.insert(event);
  drop_head();
}

void SimBroker::drop_head() {
  if (!kind_.max_length || queue_.size() <= *kind_.max_length) return;
  ledger_[*queue_.begin()].length_dropped = true;
  world_.note(0, "dropped by max-length", *queue_.begin());
  queue_.erase(queue_.begin());
}

void SimBroker::forget(Channel& channel, DeliveryTag tag) {
  for (auto& [number, consumer] : channel.consumers) consumer.unsettled.erase(tag);
}

Channel::Consumer* SimBroker::consumer_with_room(Channel& channel) {
  for (auto& [number, consumer] : channel.consumers)
    if (consumer.unsettled.size() < consumer.prefetch) return &consumer;
  return nullptr;
}

std::pair<Channel*, Channel::Consumer*> SimBroker::next_consumer() {
  const auto has_consumer = [](const auto& channel) { return !channel->consumers.empty(); };
  if (kind_.single_active) {
    const auto first =
        std::min_element(channels_.begin(), channels_.end(), [&](const auto& a, const auto& b) {
          return std::pair(!has_consumer(a), a->turn) < std::pair(!has_consumer(b), b->turn);
        });
    if (first == channels_.end() || !has_consumer(*first)) return {nullptr, nullptr};
    return {first->get(), consumer_with_room(**first)};
  }
  std::vector<std::size_t> with_room;  // the one whose turn it is first
  for (std::size_t i = 0; i < channels_.size(); ++i) {
    const std::size_t number = (turn_ + i) % channels_.size();
    if (consumer_with_room(*channels_[number]) != nullptr) with_room.push_back(number);
  }
  if (with_room.empty()) return {nullptr, nullptr};
  const std::size_t number = with_room[world_.turn(with_room.size())];
  turn_ = (number + 1) % channels_.size();
  return {channels_[number].get(), consumer_with_room(*channels_[number])};
}

void SimBroker::deliver() {
  if (!is_up() || is_queue_missing()) return;
  for (const EventId event : unpublished_) {
    queue_.insert(event);
    drop_head();
  }
  unpublished_.clear();
  while (!queue_.empty()) {
    const auto [channel, consumer] = next_consumer();
    if (consumer == nullptr) return;
    const EventId event = *queue_.begin();
    queue_.erase(queue_.begin());
    channel->down_at = std::max(channel->down_at, world_.now() + latency());
    channel->unsettled[++channel->last_tag] = {event, world_.now()};
    consumer->unsettled.insert(channel->last_tag);
    const bool is_last =
        kind_.is_quorum && kind_.delivery_limit && message(event).returns >= *kind_.delivery_limit;
    channel->down.push_back({SourceEvent::Kind::kDelivery, channel->down_at, channel->last_tag,
                             event, message(event).redelivered, is_last});
  }
}

// What was not settled is in the queue again.
void SimBroker::end(Channel& channel) {
  channel.is_open = false;
  channel.consumers.clear();
  channel.up.clear();
  channel.keeps_queue = false;
  for (const auto& [tag, each] : channel.unsettled) put_back(each, Return::kLost);
  channel.unsettled.clear();
  for (const EventId event : channel.acknowledged) ++ledger_[ledger_.known_as(event)].uncertain;
  end_without_consumers();
}

// By itself, and not with its link.
void SimBroker::consumer_gone(const Channel& channel) {
  world_.require(!end_without_consumers(), "a queue goes with its last consumer, which lives",
                 channel.worker);
}

bool SimBroker::end_without_consumers() {
  const auto has_consumer = [](const auto& channel) {
    return channel->keeps_queue || !channel->consumers.empty();
  };
  if (!kind_.auto_delete || std::any_of(channels_.begin(), channels_.end(), has_consumer))
    return false;
  world_.note(0, "the queue deletes itself", queue_.size(), unsettled());
  lose_all();
  has_vanished_ = true;
  return true;
}

// What is in the queue, and what of it is not settled. The next queue is a lasting one.
void SimBroker::lose_all() {
  for (const EventId event : queue_) ledger_[event].is_gone = true;
  queue_.clear();
  for (const auto& channel : channels_)
    for (const auto& [tag, each] : channel->unsettled)
      if (!each.is_void) ledger_[each.event].is_gone = true;
  acknowledged_.clear();
  kind_.auto_delete = false;
}

TimePoint SimBroker::times_out_at(const Channel& channel) const {
  TimePoint at = channel.heard_at + 2 * kind_.heartbeat;
  if (!channel.down.empty())
    at = std::min(at, std::max(channel.read_at, channel.down.front().at) + kSendTimeout);
  return at;
}

std::optional<TimePoint> SimBroker::loses_patience_at(const Channel& channel) const {
  if (!kind_.consumer_timeout || channel.unsettled.empty()) return std::nullopt;
  return channel.unsettled.begin()->second.since + *kind_.consumer_timeout;
}

Channel* SimBroker::channel(std::size_t number) {
  std::vector<Channel*> open;
  for (const auto& channel : channels_)
    if (channel->is_open) open.push_back(channel.get());
  return open.empty() ? nullptr : open[number % open.size()];
}

void SimBroker::restart(Duration away, bool is_killed) {
  world_.note(0, is_killed ? "the broker is killed" : "the broker restarts");
  for (const auto& channel : channels_) {
    if (!channel->is_open) continue;
    channel->cut_at = std::max(channel->down_at, world_.now() + latency());
    end(*channel);
  }
  letters_.cut_all();
  if (is_killed && !kind_.is_quorum) {
    for (const Acknowledged& each : acknowledged_)
      if (each.at >= world_.now() - kForgotten) {
        queue_.insert(each.event);
        ledger_.not_acknowledged(each.event);
      }
    for (const EventId event : queue_) message(event).redelivered = true;
  }
  acknowledged_.clear();
  down_until_ = world_.now() + away;
}

void SimBroker::cut(Channel& channel, Duration until_seen) {
  world_.note(channel.worker, "the broker cuts the link", channel.unsettled.size());
  channel.cut_at = std::max(channel.down_at, world_.now() + until_seen);
  end(channel);
  deliver();
}

Channel* SimBroker::link_of(int worker) const {
  for (const auto& channel : channels_)
    if (channel->worker == worker && channel->is_open && !channel->cut_at) return channel.get();
  return nullptr;
}

void SimBroker::cut_worker(int worker, Duration until_seen) {
  if (Channel* link = link_of(worker)) cut(*link, until_seen);
}

void SimBroker::reset_worker(int worker) {
  if (Channel* link = link_of(worker)) reset(*link);
}

void SimBroker::reset(Channel& channel) {
  world_.note(channel.worker, "the link is reset", channel.unsettled.size());
  channel.is_reset = true;
  client_gone(channel);
}

bool SimBroker::breaks(Kind kind) {
  if (breaks_at_ != kind) return false;
  breaks_at_.reset();
  return true;
}

void SimBroker::stall(std::size_t number, Duration duration) {
  Channel* which = channel(number);
  if (which == nullptr) return;
  world_.note(which->worker, "the link stalls");
  which->was_stalled = true;
  which->stalled_until = world_.now() + duration;
}

void SimBroker::delete_queue(Duration away) {
  world_.note(0, "the queue is deleted", queue_.size(), unsettled());
  lose_all();
  for (const auto& channel : channels_) {
    if (!channel->is_open) continue;
    const bool has_consumer = channel->keeps_queue || !channel->consumers.empty();
    if (!has_consumer) continue;  // its tags stay good
    channel->cut_at = std::max(channel->down_at, world_.now());
    end(*channel);
  }
  queue_missing_until_ = world_.now() + away;
}

void SimBroker::change_leader() {
  if (kind_.is_quorum || kind_.auto_delete) return;
  world_.note(0, "the queue has another leader", queue_.size(), unsettled());
  for (const auto& channel : channels_) {
    for (auto& [number, consumer] : channel->consumers) consumer.unsettled.clear();
    for (auto& [tag, each] : channel->unsettled) {
      if (!each.is_void) ledger_.voided(each.event);
      put_back(each, Return::kLost);
      each.is_void = true;
    }
  }
  deliver();
}

void SimBroker::heal() {
  down_until_ = std::min(down_until_, world_.now());
  cuts_until_ = std::min(cuts_until_, world_.now());
  refuses_until_ = std::min(refuses_until_, world_.now());
  queue_missing_until_ = std::min(queue_missing_until_, world_.now());
  breaks_at_.reset();
  letters_.block(false);
  letters_.refuse(false);
  for (const auto& channel : channels_)
    channel->stalled_until = std::min(channel->stalled_until, world_.now());
  deliver();
}

bool SimBroker::has_stalled_links() const {
  const auto is_such = [](const auto& channel) { return channel->was_stalled; };
  return std::any_of(channels_.begin(), channels_.end(), is_such);
}

bool SimBroker::is_empty() const {
  return queued() == 0 && unsettled() == 0 && letters_.is_empty();
}

std::size_t SimBroker::unsettled() const {
  std::size_t count = 0;
  for (const auto& channel : channels_)
    for (const auto& [tag, each] : channel->unsettled) count += each.is_void ? 0 : 1;
  return count;
}

}  // namespace event_consumer::simulation
