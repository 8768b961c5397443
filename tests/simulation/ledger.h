// Ledger: what truly became of each message, written down by the simulated servers from the bytes
// that reach them. No worker knows it. Where it says event, a message is meant: some hold several
// events, each of which is a row.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "common/scoreboard/worker_record.h"

namespace event_consumer::simulation {

using EventId = std::size_t;

enum class EventKind {
  kGood,
  kUnreadable,  // no JSON, or one of its events is none
  kTooLarge,    // larger than a batch may be
  kPoison,      // only ClickHouse can tell that the row is bad
  kUnclear,     // … and it says so with a code in no list
  kViewPoison,  // a view fails for the row, after all rows of the insert were stored
  kMisfit,      // none of its keys is a column; or of one of its events
};

// Whether an insert with this row is refused.
inline bool is_refused(EventKind kind) {
  return kind == EventKind::kPoison || kind == EventKind::kUnclear ||
         kind == EventKind::kViewPoison;
}

// A row in the table or on its way.
struct Row {
  EventId event;
  std::size_t number;  // in the message
  bool is_bad;
  bool operator==(const Row& other) const { return event == other.event && number == other.number; }
};

struct Event {
  EventKind kind;
  std::string body;
  std::vector<bool> has_option;     // each of its rows
  std::vector<std::size_t> copies;  // of each of its rows in the table

  std::size_t handed = 0;      // times that a worker took it from its socket
  std::size_t voided = 0;      // times that it went back while a worker had it, and was not told
  std::size_t unanswered = 0;  // times that it was stored and the worker was not told
  std::size_t given_up = 0;    // times that a batch whose messages were gone was refused, though it
                               // may be stored, or was stored on another host, too; or that its
                               // token was void, though it was stored
  std::size_t by_view = 0;     // … of these, because a view failed
  std::size_t outdated = 0;    // times that its batch was cut, encoded anew or forgotten, although
                               // it may be stored
  int first_taken_by = 0;      // the worker; 0: whoever took it was told that it was a copy
  std::size_t uncertain = 0;   // times that it was acknowledged over a link that was lost later
  std::size_t letters = 0;     // times in the dead-letter queue
  std::size_t rejected = 0;    // times left to the broker's own dead-letter policy
  bool is_gone = false;        // with a queue that somebody has deleted
  bool limit_dropped = false;  // by the delivery limit
  bool was_saved = false;      // dead-lettered before the delivery limit would have dropped it
  bool length_dropped = false;  // by the queue's max-length
  bool is_wronged = false;      // ClickHouse has refused its row alone, for no fault of it

  std::size_t rows() const { return copies.size(); }
  std::size_t most_copies() const { return *std::max_element(copies.begin(), copies.end()); }
  std::size_t least_copies() const { return *std::min_element(copies.begin(), copies.end()); }
  // Whether its rows differ in their columns, where those with a DEFAULT are left out.
  bool is_mixed() const {
    return std::count(has_option.begin(), has_option.end(), true) % rows() != 0;
  }
  bool is_excused() const { return is_gone || limit_dropped || length_dropped; }
  // It may be acknowledged.
  bool is_safe() const { return least_copies() > 0 || letters > 0; }
};

class Ledger {
 public:
  // `padding` bytes make each of its rows larger. Every other one that is too large has them in a
  // key that is no column, so that its row is small. What is bad is so in its `bad` row.
  EventId add(EventKind kind, std::size_t padding, std::vector<bool> has_option, std::size_t bad,
              bool is_array) {
    std::string body;
    for (std::size_t row = 0; row < has_option.size(); ++row) {
      if (row > 0) body += is_array ? ',' : '\n';
      body += event_text(row == bad ? kind : EventKind::kGood, row, padding, has_option[row]);
    }
    if (is_array) body = "[" + body + "]";
    Event event{kind, std::move(body), std::move(has_option), {}};
    event.copies.resize(event.has_option.size());
    events.push_back(std::move(event));
    return events.size() - 1;
  }

  // One that is equal to it in everything. Its rows are counted there.
  EventId add_twin(EventId of) {
    Event twin = events[of];
    events.push_back(std::move(twin));
    twins_[events.size() - 1] = of;
    return events.size() - 1;
  }
  bool has_twins() const { return !twins_.empty(); }
  // It went back while a worker had it, which is not told.
  void voided(EventId id) {
    ++events[id].voided;
    has_voided_ = true;
  }
  // Whether a worker may have an event twice.
  bool has_voided() const { return has_voided_; }
  // By its body.
  EventId known_as(EventId id) const {
    const auto at = twins_.find(id);
    return at == twins_.end() ? id : at->second;
  }
  std::size_t equal_to(EventId id) const {
    std::size_t equal = 1;
    for (const auto& [twin, of] : twins_) equal += of == known_as(id) ? 1 : 0;
    return equal;
  }

  // The broker has its acknowledgement, or has forgotten it.
  void acknowledged(EventId id) { acknowledged_[known_as(id)].insert(id); }
  void not_acknowledged(EventId id) { acknowledged_[known_as(id)].erase(id); }
  // How many rows of some that are equal may be missing: one may be taken for another of which
  // nobody could be sure that the broker had its acknowledgement. But not where one worker has seen
  // that they are equal.
  std::size_t may_be_missing(EventId id) const {
    const Event& known = events[known_as(id)];
    if (equal_to(id) == 1) return 0;
    bool is_seen = known.first_taken_by != 0;
    for (const auto& [twin, of] : twins_)
      if (of == known_as(id) && events[twin].first_taken_by != known.first_taken_by)
        is_seen = false;
    return is_seen ? 0 : known.uncertain;
  }
  bool may_be_acknowledged(EventId id) {
    const std::size_t rows = events[known_as(id)].least_copies() + may_be_missing(id);
    return !has_twins() || acknowledged_[known_as(id)].size() <= rows;
  }

  // The event that this body or row is of.
  static EventId id_in(std::string_view text) { return row_in(text).event; }
  // «EVENT:ROW», a bad one «EVENT!ROW».
  static Row row_in(std::string_view text) {
    text.remove_prefix(text.find_first_of("0123456789"));
    const EventId event = take_number(text);
    const bool is_bad = text.front() == '!';
    text.remove_prefix(1);
    return {event, take_number(text), is_bad};
  }

  Event& operator[](EventId id) { return events[id]; }

  std::vector<Event> events;

  // By worker: when the insert was posted that it was told of last.
  std::map<int, TimePoint> stored_posts;
  std::map<int, MonotonicTime> stored_runs;  // as the workers say

 private:
  std::string event_text(EventKind kind, std::size_t row, std::size_t padding,
                         bool has_option) const {
    std::string code = std::to_string(events.size()) + (is_refused(kind) ? "!" : ":");
    code += std::to_string(row) + "_";
    if (kind == EventKind::kTooLarge && events.size() % 2 == 0) code += "\",\"other\":\"";
    code.append(padding, 'x');
    if (kind == EventKind::kUnreadable) return code;
    if (kind == EventKind::kMisfit) return "{\"other\":\"" + code + "\"}";
    return "{\"code\":\"" + code + (has_option ? "\",\"option\":\"o\"}" : "\"}");
  }
  static std::size_t take_number(std::string_view& text) {
    std::size_t number = 0;
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1))
      number = 10 * number + static_cast<std::size_t>(text.front() - '0');
    return number;
  }

  std::map<EventId, EventId> twins_;  // of which one each is
  bool has_voided_ = false;
  std::map<EventId, std::set<EventId>> acknowledged_;  // of those that are equal
};

}  // namespace event_consumer::simulation
