// What becomes of an event that cannot be stored: why, which column, and the words for a human. The
// reasons are shared with the caller, which has one of its own (too large); acting on a rejection
// is its business too.
#pragma once

#include <string>
#include <string_view>

namespace event_consumer {

enum class Reason {
  kNotJson,       // the body is not one JSON value
  kInvalidUtf8,   // bytes that are not UTF-8, or an escape that stands for half a surrogate pair
  kNotAnObject,   // valid up to the first value, which is no object
  kTooDeep,       // objects and arrays nested deeper than kMaximumDepth (json_event.h)
  kMissingField,  // a required field is absent or null
  kBadValue,      // a value that is none of its column's type
  kOutOfRange,    // a value of the right kind that the column cannot hold
  kTooLarge,      // the body is larger than a batch may be; decided by the caller
  kRefused,       // ClickHouse does not take the row; decided by the caller
};

// The word of a reason in headers, metrics and logs. Operators script against it: it never changes.
constexpr std::string_view slug(Reason reason) {
  switch (reason) {
    case Reason::kNotJson:
      return "not_json";
    case Reason::kInvalidUtf8:
      return "invalid_utf8";
    case Reason::kNotAnObject:
      return "not_an_object";
    case Reason::kTooDeep:
      return "too_deep";
    case Reason::kMissingField:
      return "missing_field";
    case Reason::kBadValue:
      return "bad_value";
    case Reason::kOutOfRange:
      return "out_of_range";
    case Reason::kRefused:
      return "refused_by_clickhouse";
    case Reason::kTooLarge:
      return "too_large";
  }
  return "";
}

struct Rejection {
  Reason reason;
  std::string column;  // the name of the column at fault; empty when the body as a whole is
  std::string error;   // a sentence fragment in valid UTF-8 without control characters
};

}  // namespace event_consumer
