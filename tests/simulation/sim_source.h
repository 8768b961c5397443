// The worker's ends of the links to the simulated broker: SimSource and SimDeadLetters. At each
// call the worker may be killed.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "tests/simulation/sim_broker.h"
#include "tests/simulation/worker_book.h"
#include "worker/message/dead_letter_sink.h"
#include "worker/message/source.h"

namespace event_consumer::simulation {

// What a worker's end of a link belongs to.
struct Seat {
  World& world;
  Ledger& ledger;
  SimBroker& broker;
  WorkerBook& book;
  int worker;
  bool has_dead_letters;
  Duration stop;               // its timeout
  std::size_t batch_bytes;     // at most
  std::function<void()> step;  // throws when the worker is to die here
};

constexpr int kSourceFd = 1001;
constexpr int kInserterFd = 1002;
constexpr int kLettersFd = 1003;

class SimSource : public Source {
 public:
  SimSource(const Seat& seat, std::shared_ptr<Channel> channel);
  ~SimSource() override;

  Result<SourceEvent> next() override;
  Result<Done> consume(std::size_t prefetch) override;
  Result<Done> cancel() override;
  Result<Done> confirm_settled() override { return send(Channel::Request::Kind::kQos); }
  Result<Done> count_queue() override { return send(Channel::Request::Kind::kCount); }
  Result<Done> send_waiting() override { return Done{}; }
  bool is_sending() const override { return false; }
  bool has_consumer() const override { return has_consumer_; }
  Result<Done> acknowledge_up_to(DeliveryTag tag) override;
  Result<Done> acknowledge(DeliveryTag tag) override;
  Result<Done> reject(DeliveryTag tag) override;
  Result<Done> give_back(DeliveryTag tag) override;
  Result<Done> give_back_up_to(DeliveryTag tag) override;
  int fd() const override { return kSourceFd; }
  Duration heartbeat_period() const override { return Duration(seat_.broker.kind().heartbeat) / 4; }
  void close() override;
  std::string describe() const override { return "queue q"; }
  std::string host() const override { return "simulated"; }
  std::string server_version() const override { return "simulated"; }

  // Whether the broker may go on to send for all that the worker has done.
  bool is_consuming() const { return has_consumer_ && !is_cancelling_; }

  // Whether nothing more can come, though some of what came is settled.
  bool is_window_full() const {
    const auto own = unsettled_.upper_bound(former_);
    return static_cast<std::size_t>(std::distance(own, unsettled_.end())) >= prefetch_;
  }
  bool is_full_of_settled() const {
    return is_window_full() && unsettled_.size() > seat_.book.in_hand();
  }

  // When its descriptor becomes readable.
  std::optional<TimePoint> ready_at() const;

 private:
  Result<Done> send(Channel::Request::Kind kind, std::uint64_t number = 0);
  Result<Done> settle(Channel::Request::Kind kind, DeliveryTag tag);
  void require_safe(DeliveryTag tag, EventId event);
  void require_not_last(DeliveryTag tag) const;
  void require_undecided(DeliveryTag tag, EventId event) const;
  void gives_back();
  void returns(DeliveryTag tag, EventId event);
  void read_socket();
  SourceEvent report(const Channel::Frame& frame);

  Seat seat_;
  std::shared_ptr<Channel> channel_;
  std::size_t most_read_;              // frames that one read of the socket brings
  std::deque<Channel::Frame> buffer_;  // read from the socket already
  std::map<DeliveryTag, EventId> unsettled_;
  std::set<DeliveryTag> last_;  // which the queue drops when they are given back
  bool has_consumer_ = false;
  bool is_cancelling_ = false;
  std::size_t prefetch_ = 0;
  DeliveryTag last_tag_ = 0, former_ = 0;  // of all, and of the consumers before
  std::uint64_t consumers_ = 0;            // so many there were
  const bool may_vanish_;                  // the queue, without consumers: see AmqpSource
  bool keeps_queue_ = may_vanish_;
  int replaced_ = 0;  // whose cancelling is not answered
  bool is_closed_ = false;
};

class SimDeadLetters : public DeadLetterSink {
 public:
  explicit SimDeadLetters(const Seat& seat) : seat_(seat), line_(seat_.broker.letters().open()) {}

  Result<Done> publish(const Delivery& delivery, const Rejection& rejection) override;
  Result<std::optional<DeliveryTag>> next_confirmed() override;
  bool refuses() const override { return refuses_; }
  bool is_blocked() const override {
    return !letters_.empty() && line_ && seat_.broker.letters().blocks();
  }
  Result<Done> try_again() override;
  void forget() override;
  std::size_t unconfirmed_bytes() const override { return bytes_; }
  Result<Done> ask_message_count() override { return Done{}; }
  std::uint64_t message_count() const override { return 0; }
  int fd() const override { return line_ ? kLettersFd : -1; }
  bool is_sending() const override { return false; }
  void close() override {}

  std::optional<TimePoint> ready_at() const;

 private:
  struct Letter {
    DeliveryTag tag;
    EventId event;
    std::size_t bytes;
    bool is_forgotten = false;
  };

  Seat seat_;
  std::shared_ptr<LetterLine> line_;  // none after a refusal
  std::deque<Letter> letters_;        // unconfirmed
  std::size_t bytes_ = 0;
  bool refuses_ = false;
  bool goes_ahead_ = false;  // the oldest does: see ConfirmedPublisher::start_again()
};

}  // namespace event_consumer::simulation
