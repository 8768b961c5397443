// ColumnValues: reads a message, and has a value for each column then: of a key of the event, of a
// place within it, or of the message around it. What a value means for its column is decided
// elsewhere (writers.h).
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

  // Reads the event `body`, which is number `event_index` of those of `message`. Returns why it is
  // rejected, or nothing: then the values are its own, valid until the next read() and as long as
  // body and message live.
  std::optional<Rejection> read(std::string_view body, std::size_t event_index,
                                MessageValues& message);

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

  void fill_from_message(std::string_view body, std::size_t event_index, MessageValues& message);
  JsonValue value_of(const FromMessage& from, std::string_view body, std::size_t event_index,
                     MessageValues& message);

  bool reads_events_;      // else bodies are taken as they are
  bool takes_everything_;  // whatever keys an event has
  bool fits_ = false;
  std::vector<std::size_t> places_;
  EventPaths paths_;
  std::vector<FromMessage> from_message_;
  std::string event_index_;
  JsonEvent event_;
};

}  // namespace event_consumer
