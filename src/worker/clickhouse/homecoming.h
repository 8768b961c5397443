// Homecoming: when inserts that went to another host go back to the first one of the list. Pure: it
// is told what happened, and when.
//
//   at home ──left()──▶ away ──may_return(), returned()──▶ on trial ──stored()──▶ at home
//                         ▲                                    │
//                         └───────────────left()───────────────┘
#pragma once

#include <optional>

#include "common/clock.h"
#include "common/result.h"

namespace event_consumer {

// What a host said that was asked again and again whether it would take inserts.
struct HostLooks {
  // It did from then on, without exception; nothing: the latest look failed, or there was none yet.
  std::optional<TimePoint> good_since;
  TimePoint latest{};
  std::optional<Error> fault;  // what the latest look found wrong

  // A look ended at `now`; no fault: the host would take inserts.
  void add(const std::optional<Error>& found, TimePoint now);
};

class Homecoming {
 public:
  // `after` a host has answered for so long, inserts go back to it. Each return that does not last,
  // ten times so long at least, doubles what the next one takes, up to an hour.
  explicit Homecoming(Duration after) : after_(after), patience_(after) {}

  // Inserts go to another host from now on, or to a third one.
  void left(TimePoint now);
  // Whether they may go back. A look that is long ago proves nothing: the next one may hang.
  bool may_return(const HostLooks& looks, TimePoint now) const;
  void returned(TimePoint now);
  // An insert was stored.
  void stored() { is_on_trial_ = false; }

  // Whether none was stored since the return.
  bool is_on_trial() const { return is_on_trial_; }
  // How long the host has to answer before the next return.
  Duration patience() const { return patience_; }

 private:
  Duration after_;
  Duration patience_;
  std::optional<TimePoint> returned_at_;
  bool is_on_trial_ = false;
};

}  // namespace event_consumer
