// What lies between a worker and the simulated broker: two pipes in which everything takes its
// time, and which end at different times for the two sides. A channel is one of deliveries, a
// letter line one of dead letters.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "common/clock.h"
#include "tests/simulation/ledger.h"
#include "worker/message/source.h"

namespace event_consumer::simulation {

struct Channel {
  // To the worker.
  struct Frame {
    SourceEvent::Kind kind;
    TimePoint at;
    DeliveryTag tag = 0;
    EventId event = 0;
    bool redelivered = false;
    bool is_last = false;  // beyond this delivery the queue drops it
  };
  // To the broker.
  struct Request {
    enum class Kind {
      kConsume,
      kCancel,
      kQos,
      kCount,
      kKeepQueue,
      kLetQueueGo,
      kAcknowledgeUpTo,
      kAcknowledge,
      kGiveBack,
      kGiveBackUpTo,
      kReject
    };
    Kind kind;
    TimePoint at;
    std::uint64_t number = 0;  // the prefetch, which consumer of the channel, or a tag
  };
  struct Consumer {
    std::size_t prefetch;
    std::set<DeliveryTag> unsettled;
  };

  struct Unsettled {
    EventId event;
    TimePoint since;
    bool is_void = false;  // in the queue again, although nobody says so to the client
  };

  int worker;
  bool is_stopping = false;  // the worker

  // The broker's side.
  bool is_open = true;
  std::map<std::uint64_t, Consumer> consumers;  // by their number, from 1
  bool keeps_queue = false;                     // by a consumer that is given nothing
  std::uint64_t last_consumer = 0;
  DeliveryTag last_tag = 0;
  std::map<DeliveryTag, Unsettled> unsettled;
  std::vector<EventId> acknowledged;
  std::uint64_t turn = 0;  // of its first consumer among those of all channels
  TimePoint heard_at;      // anything of the client

  // The network.
  std::deque<Frame> down;
  std::deque<Request> up;
  TimePoint down_at{};        // when the latest frame arrives
  TimePoint up_at{};          // … and the latest request
  TimePoint stalled_until{};  // nothing arrives before
  bool was_stalled = false;

  // The client's side.
  std::optional<TimePoint> cut_at;  // the end is seen then, behind what has arrived
  bool is_reset = false;            // the end is seen at once, and nothing else
  TimePoint read_at;                // when it looked last

  TimePoint arrival(TimePoint at) const { return std::max(at, stalled_until); }
};

struct LetterLine {
  struct Letter {
    TimePoint at;
    EventId event;
  };
  struct Confirm {
    TimePoint at;
    bool is_taken;
  };

  bool is_open = true;
  std::deque<Letter> up;
  std::deque<Confirm> down;
  std::optional<TimePoint> cut_at;
};

}  // namespace event_consumer::simulation
