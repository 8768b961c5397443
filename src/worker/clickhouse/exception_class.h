// What a failed request to ClickHouse means. The only lists of ClickHouse's exception codes stand
// in this file's .cc. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "worker/insert/error_class.h"

namespace event_consumer {

constexpr int kUnknownTable = 60;   // UNKNOWN_TABLE
constexpr int kAccessDenied = 497;  // ACCESS_DENIED

// The exception code of an answer: 0 when the answer names none, -1 when it announces an exception
// without a number. `header` is the value of X-ClickHouse-Exception-Code, if the answer has one
// (18.16 sends none); without it the code stands in «Code: N» at the start of the body.
int exception_code(std::optional<std::string_view> header, std::string_view body);

// Whether the message says that a view behind the table failed. A message may also quote an event
// with the same words in it, which do not count: a quotation mark follows them.
bool names_failed_view(std::string_view message);

// Whether the code says that there is no table, or no database for it.
bool names_absent_table(int exception_code);

// Whether a question is refused because the user's profile has its answer kept in the query cache
// (use_query_cache), which takes none of a system table (ran: 26.7), nor what changes by itself.
bool is_refused_by_query_cache(int exception_code);

// QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING
constexpr int kStillRunning = 216;

// Whether an insert that fails with the code may be stored all the same, then or later.
bool leaves_outcome_unknown(int exception_code);

// What to make of an insert's answer that is no success, from its HTTP status, its exception code
// (0 when the answer names none; ClickHouse's src/Common/ErrorCodes.cpp) and its text. A code in no
// list is unclear, and so is whatever a view cannot do with rows; a 5xx status without a code is
// transient.
ErrorClass classify_failure(int http_status, int exception_code, std::string_view message);

// Whether a question that was answered so is worth to be asked again.
bool passes_by_itself(int http_status, int exception_code, std::string_view message);

}  // namespace event_consumer
