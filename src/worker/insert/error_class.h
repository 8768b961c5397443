// What a failed request to ClickHouse means for us.
#pragma once

namespace event_consumer {

enum class ErrorClass {
  kTransient,      // passes by itself; the same bytes again, as long as it takes
  kData,           // the server cannot take these rows
  kConfiguration,  // the server refuses us or the table; an operator has to do something
  kUnclear,        // one of these, or a row's doing: halves of the batch will tell
};

}  // namespace event_consumer
