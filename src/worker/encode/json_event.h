// Takes events apart: each JSON object of a body into one value per key that is looked for. Which
// key is which column's, and what a value means for it, is decided elsewhere (column_values.h,
// writers.h). The only place that meets RapidJSON; its includes stay in the .cc.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "worker/encode/json_object_text.h"
#include "worker/encode/json_value.h"
#include "worker/encode/unknown_keys.h"
#include "worker/encode/verdict.h"

namespace event_consumer {

// How deep objects and arrays may nest; the event itself is the first level.
constexpr int kMaximumDepth = 64;

class JsonEvent {
 public:
  // `keys` as for ColumnIndex: these are looked for. So many `more` values, which others fill,
  // stand behind theirs.
  explicit JsonEvent(std::vector<std::string> keys, std::size_t more = 0);
  JsonEvent(JsonEvent&&) noexcept;
  JsonEvent& operator=(JsonEvent&&) noexcept;
  ~JsonEvent();

  // Begins with another body, of less than 4 GiB, and reads its first event. A body is one JSON
  // object (RFC 8259), an array of objects, or objects one after the other, with nothing but
  // whitespace around and between them, and a byte order mark of UTF-8 before at most. Top-level
  // keys that are not looked for are skipped with whatever they hold; of a doubled key the last
  // counts, of several that are the key but for the case the first, and the exact key before these.
  // Half a surrogate pair is refused in any string of the body, used or not. Returns why the event
  // is rejected, or nothing: then values() are its own. A body without events is rejected, too.
  std::optional<Rejection> read(std::string_view body);

  // Whether anything stands behind the event that was read: the next event, or what is none.
  bool has_next() const;
  // Reads that, like read(). Only when has_next(), and nothing was rejected.
  std::optional<Rejection> read_next();

  // Which event was read last, or rejected, counted from 0; and whether the body has others.
  std::size_t position() const;
  bool has_others() const { return position() > 0 || has_next(); }

  // One value per key, in order, valid until the next event is read and as long as its body lives;
  // absent ones behind them. Meaningless after a rejection.
  std::vector<JsonValue>& values();

  // Of the same event: whether it has any of the keys; and its own text, from brace to brace.
  bool has_known_key() const;
  std::string_view text() const;

  // From here on the other keys are no unknown ones, but gathered with their values, each event's
  // in turn.
  void gather_unmatched();
  JsonObjectText& unmatched();

  // Of all events that were read.
  UnknownKeys& unknown_keys();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace event_consumer
