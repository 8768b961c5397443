// InFlight: the messages of the present link in their order that the broker waits for, each with
// its verdict, and with its content for as long as somebody may need it again. It alone says how
// far we may acknowledge. What belongs to another link is void here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/fingerprint.h"
#include "worker/message/delivery.h"

namespace event_consumer {

enum class Verdict : std::uint8_t {
  kPending,       // in hand: nothing decided yet
  kStored,        // ClickHouse has answered that its rows are stored; to be acknowledged
  kDeadLettered,  // the dead-letter queue has confirmed it; to be acknowledged
  kRejected,      // rejected by basic.reject, which settles it at the broker
  kRecognised,    // a copy of one that is stored; to be acknowledged
  kReturned,      // given back by basic.nack, which settles it at the broker
};
constexpr std::size_t kVerdictCount = 6;

class InFlight {
 public:
  // Takes in the next delivery of the link as pending, and returns its identity. Its tag must be
  // one above the last (the broker numbers the deliveries of a channel without gaps); nothing is
  // returned otherwise. By `fingerprint` it is known again when it comes back.
  std::optional<DeliveryId> add(const Delivery& delivery, TimePoint now,
                                const Fingerprint& fingerprint = {});
  // Nothing when it is not in flight.
  std::optional<Fingerprint> fingerprint(DeliveryId id) const;

  // The delivery with this tag of the present link.
  DeliveryId id_of(DeliveryTag tag) const { return {link_, tag}; }

  // Copies the content of a pending delivery, so that it can be encoded anew or dead-lettered
  // later. It is kept until the verdict, or until let_go().
  void keep(DeliveryId id, const Delivery& delivery);
  // It was published at that time, in seconds since the epoch, where that is known.
  void set_published_at(DeliveryId id, std::optional<double> published_at);
  // Nothing, too, when it is not in flight.
  std::optional<double> published_at(DeliveryId id) const;
  // The delivery as it was taken in, a view of what was kept, valid until it is settled, or others
  // are dropped. Only for a delivery in hand that was kept and not let go.
  Delivery content(DeliveryId id) const;
  // Whether it is: then no verdict is here, and nobody else has it.
  bool keeps(DeliveryId id) const;
  // Somebody else has its content now.
  void let_go(DeliveryId id);

  // Gives a pending delivery its one verdict. False when it is not of this link, not in flight, or
  // has one already.
  bool settle(DeliveryId id, Verdict verdict);

  // Of the deliveries in hand, how many their queue would drop if they were given back; and which
  // of them are kept here: nobody else has those.
  std::size_t last_in_hand() const { return last_in_hand_; }
  bool keeps_last() const { return last_kept_ > 0; }
  std::vector<DeliveryId> last_kept() const;

  // Of the last one of the settled prefix; 0 when there is none.
  DeliveryTag settled_up_to() const {
    return messages_.empty() ? last_tag_ : messages_.front().tag - 1;
  }

  // Whatever comes from here on is of another consumer, with this prefetch.
  void consumer_begins(std::size_t prefetch);

  // Of the delivery that came last; 0 when none came over this link.
  DeliveryTag last_tag() const { return last_tag_; }

  // Drops the settled prefix, and what came last if it was rejected: a flood of that fills no
  // window behind something that waits. Returns the tag up to which everything may be acknowledged
  // with `multiple`, or nothing when no delivery in that prefix waits for an acknowledgement.
  std::optional<DeliveryTag> take_settled_prefix();

  // Drops what is settled behind that prefix, too, for when what is before it may stay in hand for
  // long. Returns the tags that wait for an acknowledgement, each of its own.
  std::vector<DeliveryTag> take_settled_behind();
  bool has_settled() const { return messages_.size() > in_hand(); }

  // When the oldest delivery was taken that the broker waits for; nothing when there is none.
  std::optional<TimePoint> oldest() const;

  // Gives every delivery in hand back, and settles everything: what is to be sent for it, in this
  // order. One step for each run of tags: thousands of single nacks can overwhelm the process of a
  // channel (seen on RabbitMQ 3.10).
  struct Step {
    DeliveryTag up_to;
    bool is_return;  // give back up to here; else acknowledge up to here
  };
  std::vector<Step> give_back_all();

  // The link is gone: everything in hand counts as returned, and the next link is another.
  void lose_link();

  // Deliveries in hand: pending, counted here and not computed from anything else.
  std::size_t in_hand() const { return count(Verdict::kPending); }

  // Deliveries that the broker waits for: in hand, or settled behind one that is in hand and
  // therefore not acknowledged yet.
  std::size_t unacknowledged() const { return unacknowledged_; }

  // Whether the broker sends nothing more before something is acknowledged. It counts for each
  // consumer what that one was sent (rabbitmq.com/docs/consumer-prefetch).
  bool window_is_full() const { return consumer_.unacknowledged >= consumer_.prefetch; }

  // Deliveries that have this verdict now (pending) or ever had (all others).
  std::size_t count(Verdict verdict) const { return counts_[static_cast<std::size_t>(verdict)]; }

  // Bytes of all content kept: bodies, headers and the other properties, routing.
  std::size_t held_bytes() const { return held_bytes_; }

 private:
  struct Message {
    DeliveryTag tag;
    TimePoint taken_at;
    Fingerprint fingerprint{};
    std::optional<double> published_at;
    Verdict verdict = Verdict::kPending;
    bool is_last = false;      // Delivery::is_last
    bool redelivered = false;  // Delivery::redelivered
    std::string content;       // body, exchange, routing key, properties
    std::size_t body_size = 0;
    std::uint8_t exchange_size = 0;  // short strings (AMQP 0-9-1, section 4.2.5.3)
    std::uint8_t routing_key_size = 0;
  };

  static bool needs_acknowledgement(const Message& message);
  static bool is_settled_at_broker(const Message& message);
  Message* find(DeliveryId id);
  const Message* find(DeliveryId id) const;
  void free_content(Message& message);
  void not_waited_for(DeliveryTag tag);

  LinkNumber link_ = 1;
  std::deque<Message> messages_;  // by their tags
  DeliveryTag last_tag_ = 0;
  std::size_t unacknowledged_ = 0;
  struct Consumer {
    std::size_t prefetch = 0;
    DeliveryTag after = 0;  // what has a higher tag is its own
    std::size_t unacknowledged = 0;
  };
  Consumer consumer_;
  std::size_t last_in_hand_ = 0;
  std::size_t last_kept_ = 0;  // of those
  std::size_t held_bytes_ = 0;
  std::array<std::size_t, kVerdictCount> counts_{};
};

}  // namespace event_consumer
