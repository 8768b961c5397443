// Ledger: what truly became of each event, written down by the simulated servers from the bytes
// that reach them. No worker knows it.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"

namespace event_consumer::simulation {

using EventId = std::size_t;

enum class EventKind {
  kGood,
  kUnreadable,  // no JSON
  kTooLarge,    // larger than a batch may be
  kPoison,      // only ClickHouse can tell that the row is bad
  kUnclear,     // … and it says so with a code in no list
  kViewPoison,  // a view fails for the row, after all rows of the insert were stored
  kMisfit,      // none of its keys is a column
};

// Whether an insert with this row is refused.
inline bool is_refused(EventKind kind) {
  return kind == EventKind::kPoison || kind == EventKind::kUnclear ||
         kind == EventKind::kViewPoison;
}

struct Event {
  EventKind kind;
  std::string body;

  std::size_t handed = 0;      // times that a worker took it from its socket
  std::size_t copies = 0;      // rows in the table
  std::size_t unanswered = 0;  // times that it was stored and the worker was not told
  std::size_t by_view = 0;     // … of these, because a view failed
  std::size_t outdated = 0;    // times that its bytes of former columns were refused, or by a view,
                               // although they may be stored
  std::size_t letters = 0;     // times in the dead-letter queue
  std::size_t rejected = 0;    // times left to the broker's own dead-letter policy
  bool is_gone = false;        // with a queue that somebody has deleted
  bool limit_dropped = false;  // by the delivery limit
  bool was_saved = false;      // dead-lettered before the delivery limit would have dropped it
  bool length_dropped = false;  // by the queue's max-length
  bool is_wronged = false;      // ClickHouse has refused its row alone, for no fault of it

  bool is_excused() const { return is_gone || limit_dropped || length_dropped; }
  // It may be acknowledged.
  bool is_safe() const { return copies > 0 || letters > 0; }
};

class Ledger {
 public:
  // `padding` bytes make it larger; every other one that is too large has them in a key that is no
  // column, so that its row is small.
  EventId add(EventKind kind, std::size_t padding, bool has_option) {
    std::string code = std::to_string(events.size()) + (is_refused(kind) ? "!" : ":");
    if (kind == EventKind::kTooLarge && events.size() % 2 == 0) code += "\",\"other\":\"";
    code.append(padding, 'x');
    if (kind == EventKind::kMisfit)
      code = "{\"other\":\"" + code + "\"}";
    else if (kind != EventKind::kUnreadable)
      code = "{\"code\":\"" + code + (has_option ? "\",\"option\":\"o\"}" : "\"}");
    events.push_back({kind, std::move(code)});
    return events.size() - 1;
  }

  // The event that this body or row is of.
  static EventId id_in(std::string_view text) {
    EventId id = 0;
    for (char c : text.substr(text.find_first_of("0123456789"))) {
      if (c < '0' || c > '9') break;
      id = 10 * id + static_cast<EventId>(c - '0');
    }
    return id;
  }

  Event& operator[](EventId id) { return events[id]; }

  std::vector<Event> events;

  std::map<int, TimePoint> stored_at;  // by worker: when it was told of an insert last
};

}  // namespace event_consumer::simulation
