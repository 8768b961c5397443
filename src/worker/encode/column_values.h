// ColumnValues: reads a message, event by event, and has a value for each column then: of a key of
// the event, of a place within it, or of the message around it. What a value means for its column
// is decided elsewhere (writers.h).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "worker/encode/column_origin.h"
#include "worker/encode/event_paths.h"
#include "worker/encode/json_event.h"
#include "worker/encode/message_values.h"
#include "worker/encode/verdict.h"

namespace event_consumer {

class ColumnValues {
 public:
  explicit ColumnValues(const std::vector<ColumnOrigin>& origins);

  // Reads the first event of `body`, which is that of `message`. Returns why it is rejected, or
  // nothing: then the values are its own, valid until the next event is read and as long as body
  // and message live.
  std::optional<Rejection> read(std::string_view body, MessageValues& message);
  // The next one, as JsonEvent has it. A body that need not be an event is one.
  bool has_next() const { return event_.has_next(); }
  std::optional<Rejection> read_next();

  // The event that was read, or rejected.
  const JsonEvent& event() const { return event_; }

  // The value of a column stands at this place of all(); several can share one.
  std::size_t place(std::size_t column) const { return places_[column]; }
  const std::vector<JsonValue>& all() { return event_.values(); }

  // Whether the event belongs into the table: it has a key, or a value that an option asks for; or
  // a column takes the body, or what is unmatched of it.
  bool fits() const { return fits_; }

  UnknownKeys& unknown_keys() { return event_.unknown_keys(); }

 private:
  struct FromMessage {
    std::size_t place;
    std::optional<std::size_t> key_place;  // of the key that counts before it
    MessageField field;
    std::string header;
    bool is_given;
    bool is_object;
  };

  void fill();
  JsonValue value_of(const FromMessage& from);

  bool reads_events_;      // else bodies are taken as they are
  bool takes_everything_;  // whatever keys an event has
  bool fits_ = false;
  std::vector<std::size_t> places_;
  EventPaths paths_;
  std::vector<FromMessage> from_message_;
  std::string event_index_;
  std::string_view body_;
  MessageValues* message_ = nullptr;
  JsonEvent event_;
};

}  // namespace event_consumer
