// MessageValues: what columns can have of a message beside the keys of its event, as values of
// JSON. The seam between the encoder, which knows no message, and those who have one.
#pragma once

#include <string_view>

#include "common/column_sources.h"
#include "worker/encode/json_value.h"

namespace event_consumer {

class MessageValues {
 public:
  virtual ~MessageValues() = default;

  // The value of a field, of kHeader that of the header of this name; absent where the message has
  // none. The text of a string can be any bytes. Not asked for what the encoder knows itself:
  // kBody, kUnmatched and kEventIndex. Valid as long as the message.
  virtual JsonValue value(MessageField field, std::string_view header) = 0;
};

// Of a body that came with no message.
class NoMessageValues final : public MessageValues {
 public:
  JsonValue value(MessageField, std::string_view) override { return {}; }
};

}  // namespace event_consumer
