// Why a delivery cannot be stored. The worker decides it; headers of dead letters, metrics and logs
// use its word.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace event_consumer {

enum class Reason {
  kNotJson,        // the body is not one JSON value
  kInvalidUtf8,    // bytes that are not UTF-8, or an escape that stands for half a surrogate pair
  kNotAnObject,    // valid up to the first value, which is no object
  kTooDeep,        // objects and arrays nested deeper than kMaximumDepth (json_event.h)
  kMissingField,   // a required field is absent or null
  kBadValue,       // a value that is none of its column's type
  kOutOfRange,     // a value of the right kind that the column cannot hold
  kTooLarge,       // the body or its row is larger than a batch may be
  kRefused,        // ClickHouse does not take the row
  kWorkerDied,     // workers died while they encoded it
  kNoKnownKey,     // none of its keys is a column of the table
  kDeliveryLimit,  // it cannot be stored now, and its queue would drop it
  kBadEncoding,    // the body cannot be decompressed as its content_encoding says
  kNoEvents,       // an array with nothing in it
  kTooManyEvents,  // more than one insert can take
};
constexpr std::size_t kReasonCount = 15;

// The words, in the order of Reason. Operators script against them: they never change.
inline constexpr std::array<std::string_view, kReasonCount> kReasonSlugs = {
    "not_json",     "invalid_utf8",  "not_an_object",
    "too_deep",     "missing_field", "bad_value",
    "out_of_range", "too_large",     "refused_by_clickhouse",
    "worker_died",  "no_known_key",  "delivery_limit",
    "bad_encoding", "no_events",     "too_many_events"};

constexpr std::string_view slug(Reason reason) {
  return kReasonSlugs[static_cast<std::size_t>(reason)];
}

}  // namespace event_consumer
