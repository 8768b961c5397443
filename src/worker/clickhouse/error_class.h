// What a failed request to ClickHouse means for us: wait, look at the data, or wait for an operator.
// The one table of ClickHouse's exception codes stands here.
#pragma once

#include <string_view>

namespace event_consumer {

enum class ErrorClass {
  kTransient,      // passes by itself; the same bytes again, as long as it takes
  kData,           // the server cannot take these rows
  kConfiguration,  // the server refuses us or the table; an operator has to do something
};

// For an answer that is no success: the HTTP status, the exception code (0 when the answer names
// none) and the server's words. A code in no list, and no code at all with a 5xx status, is
// transient: waiting loses nothing.
//
// Codes are those of ClickHouse's src/Common/ErrorCodes.cpp. Whatever its code, an exception that
// names a view being pushed to is configuration: the rows are in the table already.
ErrorClass classify(int http_status, int exception_code, std::string_view message);

}  // namespace event_consumer
