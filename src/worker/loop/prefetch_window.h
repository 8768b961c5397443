// PrefetchWindow: how many deliveries the broker may send ahead (basic.qos). A quorum queue counts
// each return of a message against its delivery limit, and drops it beyond: so what is given back,
// or lost with a link, must change what is taken next. Only decisions.
//
// - The window is bounded in bytes: each consumer gets one that can be held when it is full, by the
//   size of what came before it. So events are given back for being too many bytes when sizes jump,
//   and then once. A first consumer with a small window would have to be cancelled for a larger
//   one; that can be the end of a queue with a single active consumer (ran: 3.10, a publish while
//   messages wait and another instance takes over: {badmatch,false} in attempt_delivery).
// - After everything was given back one delivery is taken as a probe, and stays in hand until it is
//   decided. The window doubles with each stored insert.
// - After a lost link it begins with what was settled on that link.
// - While others have to decide about what is in hand, it widens beyond all of that, one by one
//   where the bytes would forbid it. So no event waits for ever for want of a place beside it. But
//   while links break, only once one is good (BrokerLink): all in hand goes back with each.
// - The broker counts for each consumer what that one was sent. So a new one is asked for what is
//   wanted beside those that wait: what was on its way beyond that would come back as returned.
#pragma once

#include <algorithm>
#include <cstddef>

namespace event_consumer {

class PrefetchWindow {
 public:
  // At most `most` deliveries, and as many as come to `most_bytes` at their usual size.
  PrefetchWindow(std::size_t most, std::size_t most_bytes)
      : most_(most), most_bytes_(most_bytes), size_(most) {}

  // Each reports an event.
  void received(std::size_t bytes);
  void inserted();                      // an insert was stored
  void given_back();                    // all in hand, because it could not be stored
  void too_many_bytes();                // a part, because it could not be held
  void widen(std::size_t in_hand);      // more are wanted, to decide about so many
  void link_lost(std::size_t settled);  // on which so many deliveries were settled

  // A consumer begins while so many wait for others. Returns its prefetch, at least 1.
  std::size_t begin_consumer(std::size_t undecided);

  // The window as it should be, at least 1.
  std::size_t size() const;
  // Whether it has grown enough beyond the consumer's prefetch to be worth a new one.
  // Steps are factors of four, and a steady stream changes nothing.
  bool has_grown(std::size_t undecided) const;
  // Whether it will not widen beyond so many in hand.
  bool is_wide_open(std::size_t in_hand) const { return in_hand >= most_undecided(); }
  // Whether what is in hand is the probe: it is not given back for waiting long.
  bool is_probing() const { return is_probing_; }
  // Whether a link was lost on which nothing was settled, and no insert was stored since.
  bool links_break() const { return links_break_; }

 private:
  std::size_t fitting() const;
  std::size_t beside(std::size_t undecided) const;
  // A small window is exceeded, so that events do not wait for ever for others to decide.
  std::size_t most_undecided() const { return std::max(most_, kLeastUndecided); }

  static constexpr std::size_t kLeastUndecided = 16;

  std::size_t most_;
  std::size_t most_bytes_;
  std::size_t size_;          // what the inserts and links since have earned
  std::size_t prefetch_ = 0;  // of the latest consumer of this link; 0: there was none
  std::size_t beyond_ = 0;    // what is wanted in spite of the bytes; 0: nothing
  double usual_bytes_ = 0;    // of a delivery, the latest count most
  std::size_t seen_ = 0;      // deliveries that it is made of
  bool is_probing_ = false;
  bool links_break_ = false;
};

}  // namespace event_consumer
