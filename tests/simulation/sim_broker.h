// SimBroker: RabbitMQ as far as a worker can tell: one queue, a dead-letter queue, and whatever may
// happen to them and to the links. Any request that a real one would answer with the end of the
// channel breaks a promise.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "common/result.h"
#include "tests/simulation/sim_channel.h"
#include "tests/simulation/sim_letter_queue.h"
#include "tests/simulation/world.h"

namespace event_consumer::simulation {

// Of RabbitMQ 4.
constexpr std::size_t kUsualDeliveryLimit = 20;

struct QueueKind {
  bool is_quorum = false;                     // each return counts
  std::optional<std::size_t> delivery_limit;  // of returns, beyond which a message is dropped
  std::optional<std::size_t> max_length;      // beyond which the head is dropped
  bool single_active = false;                 // the first consumer gets everything
  bool auto_delete = false;                   // goes with its last consumer
  std::optional<std::chrono::seconds> consumer_timeout;  // for an acknowledgement
  std::size_t prefetch = 1;
  std::chrono::seconds heartbeat{60};
};

class SimBroker {
 public:
  SimBroker(World& world, Ledger& ledger, const QueueKind& kind)
      : world_(world), ledger_(ledger), kind_(kind) {}

  const QueueKind& kind() const { return kind_; }

  // The publisher's side. It waits while the broker or the queue is away.
  void publish(EventId event);

  // The worker's side.
  Result<std::shared_ptr<Channel>> connect(int worker);
  SimLetterQueue& letters() { return letters_; }
  // Whether the link breaks over this request.
  bool breaks(Channel::Request::Kind kind);
  // Whether any link that is there was stalled.
  bool has_stalled_links() const;
  bool is_up() const { return world_.now() >= down_until_; }
  void send(Channel& channel, Channel::Request::Kind kind, std::uint64_t number = 0);
  // Its process or its socket has ended: the broker learns that soon, and what was sent before may
  // arrive or not. Or it closes with a handshake, behind everything sent.
  void client_gone(Channel& channel);
  void close(Channel& channel);
  // The link breaks, which the client sees at once.
  void reset(Channel& channel);

  // Faults. The first is a SIGKILL or an orderly restart; those of a channel take the `number`th,
  // modulo, or the worker's.
  void restart(Duration away, bool is_killed);
  void cut_new_links(Duration time) { cuts_until_ = world_.now() + time; }
  void refuse_connections(Duration away) { refuses_until_ = world_.now() + away; }
  void cut(std::size_t number, Duration until_seen) {  // by the broker
    if (Channel* which = channel(number)) cut(*which, until_seen);
  }
  void reset(std::size_t number) {  // seen by the client at once
    if (Channel* which = channel(number)) reset(*which);
  }
  void cut_worker(int worker, Duration until_seen);
  void reset_worker(int worker);
  bool has_link(int worker) const { return link_of(worker) != nullptr; }
  void stall(std::size_t number, Duration duration);                 // the network
  void break_at(Channel::Request::Kind kind) { breaks_at_ = kind; }  // whoever asks it next
  void delete_queue(Duration away);
  // A mirrored queue has another leader: what is not settled is delivered again, and links stay.
  void change_leader();
  void heal();

  // When it has something to do by itself; and does what is due.
  std::optional<TimePoint> next_at() const;
  void work();

  // Whether nothing is in the queue or on its way.
  bool is_empty() const;
  std::size_t queued() const { return queue_.size() + unpublished_.size(); }
  std::size_t unsettled() const;

 private:
  struct Message {
    std::size_t returns = 0;
    std::size_t losses = 0;  // of these, with a link or its client, or at a stop
    bool redelivered = false;
  };
  struct Acknowledged {
    TimePoint at;
    EventId event;
  };

  void handle_next(Channel& channel);
  // An acknowledgement.
  void taken(Channel& channel, const std::pair<const DeliveryTag, Channel::Unsettled>& of);
  void answer(Channel& channel, SourceEvent::Kind kind);
  void answer_ahead(Channel& channel, SourceEvent::Kind kind);
  enum class Return { kGivenBack, kLost };
  void put_back(const Channel::Unsettled& of, Return why);
  void drop_head();
  void deliver();
  // Whose turn it is: a channel and a consumer of it; nullptr where none has room.
  std::pair<Channel*, Channel::Consumer*> next_consumer();
  static Channel::Consumer* consumer_with_room(Channel& channel);
  static void forget(Channel& channel, DeliveryTag tag);
  void cut(Channel& channel, Duration until_seen);
  void end(Channel& channel);
  void consumer_gone(const Channel& channel);
  bool end_without_consumers();
  void lose_all();
  Channel* channel(std::size_t number);
  Channel* link_of(int worker) const;
  bool is_queue_missing() const { return has_vanished_ || world_.now() < queue_missing_until_; }
  TimePoint times_out_at(const Channel& channel) const;
  std::optional<TimePoint> loses_patience_at(const Channel& channel) const;
  void cut_silent(Channel& channel);
  Message& message(EventId event);
  Duration latency() { return world_.between(std::chrono::microseconds(50), latest_); }

  World& world_;
  Ledger& ledger_;
  QueueKind kind_;
  Duration latest_ = std::chrono::milliseconds(4);
  std::set<EventId> queue_;  // what is returned goes to its place
  std::deque<EventId> unpublished_;
  std::vector<Message> messages_;
  std::deque<Acknowledged> acknowledged_;  // lately
  std::vector<std::shared_ptr<Channel>> channels_;
  SimLetterQueue letters_{world_, ledger_};
  std::size_t turn_ = 0;         // whose consumer is the next
  std::uint64_t consumers_ = 0;  // so many there were
  TimePoint down_until_{};
  TimePoint refuses_until_{};
  TimePoint cuts_until_{};
  TimePoint queue_missing_until_{};
  bool has_vanished_ = false;  // the queue, with its last consumer; who connects declares another
  std::optional<Channel::Request::Kind> breaks_at_;
};

}  // namespace event_consumer::simulation
