// Takes an event apart: a JSON text into one value per column. What a value means for its column is
// decided elsewhere (writers.h). The only place that meets RapidJSON; its includes stay in the .cc.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "worker/encode/json_value.h"
#include "worker/encode/unknown_keys.h"
#include "worker/encode/verdict.h"

namespace event_consumer {

// How deep objects and arrays may nest; the event itself is the first level.
constexpr int kMaximumDepth = 64;

class JsonEvent {
 public:
  // `column_names` as for ColumnIndex.
  explicit JsonEvent(std::vector<std::string> column_names);
  JsonEvent(JsonEvent&&) noexcept;
  JsonEvent& operator=(JsonEvent&&) noexcept;
  ~JsonEvent();

  // Reads one event, of less than 4 GiB. The body must be one JSON object (RFC 8259) with nothing
  // but whitespace around it, and a byte order mark of UTF-8 before it at most. Top-level keys that
  // are no column's name are skipped with whatever they hold; of a doubled key the last counts, of
  // several that are the column's name but for the case the first, and the exact name before these.
  // Half a surrogate pair is refused in any string of the body, used or not. Returns why the event
  // is rejected, or nothing: then values() are its own.
  std::optional<Rejection> read(std::string_view body);

  // One value per column, in order, valid until the next read() and as long as its body lives.
  // Meaningless after a read() that was rejected.
  const std::vector<JsonValue>& values() const;

  // Whether any key is a column's name; of the same event as values().
  bool has_known_key() const;

  // Of all events that were read.
  UnknownKeys& unknown_keys();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace event_consumer
