// Sorts failed requests to ClickHouse. The one table of its exception codes stands here.
#pragma once

#include <optional>
#include <string_view>

#include "worker/insert/error_class.h"

namespace event_consumer {

constexpr int kUnknownTable = 60;

// The exception code of an answer; 0 when it names none, -1 when it announces an exception without
// a number. `header` is that of X-ClickHouse-Exception-Code, where the server has it (not 18.16);
// otherwise the code stands in «Code: N» at the start of the body.
int exception_code(std::optional<std::string_view> header, std::string_view body);

// Whether an exception is one of a view behind the table. Its words may also quote an event, which
// must not pass for that: behind the words of an event comes at least the end of the quotation.
bool names_failed_view(std::string_view message);

// Whether the code says that there is no table, or no database for it.
bool names_absent_table(int exception_code);

// For an answer that is no success: the HTTP status, the exception code (0 when the answer names
// none) and the server's words. A code in no list, and no code at all with a 5xx status, is
// transient: waiting loses nothing.
//
// Codes are those of ClickHouse's src/Common/ErrorCodes.cpp. Whatever its code, an exception that
// names a view being pushed to is configuration: the rows are in the table already.
ErrorClass classify(int http_status, int exception_code, std::string_view message);

}  // namespace event_consumer
