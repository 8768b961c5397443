#include "worker/clickhouse/exception_class.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "common/text.h"

namespace event_consumer {
namespace {

constexpr std::array kDataCodes = {
    6,    // CANNOT_PARSE_TEXT
    25,   // CANNOT_PARSE_ESCAPE_SEQUENCE
    26,   // CANNOT_PARSE_QUOTED_STRING
    27,   // CANNOT_PARSE_INPUT_ASSERTION_FAILED
    33,   // CANNOT_READ_ALL_DATA
    38,   // CANNOT_PARSE_DATE
    41,   // CANNOT_PARSE_DATETIME
    53,   // TYPE_MISMATCH
    69,   // ARGUMENT_OUT_OF_BOUND
    70,   // CANNOT_CONVERT_TYPE
    72,   // CANNOT_PARSE_NUMBER
    89,   // ZLIB_INFLATE_FAILED
    108,  // NO_DATA_TO_INSERT
    117,  // INCORRECT_DATA
    130,  // CANNOT_READ_ARRAY_FROM_TEXT
    131,  // TOO_LARGE_STRING_SIZE
    321,  // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
    349,  // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
    376,  // CANNOT_PARSE_UUID
    407,  // DECIMAL_OVERFLOW
    441,  // CANNOT_PARSE_DOMAIN_VALUE_FROM_STRING
    467,  // CANNOT_PARSE_BOOL
    469,  // VIOLATED_CONSTRAINT
};

constexpr std::array kConfigurationCodes = {
    16,   // NO_SUCH_COLUMN_IN_TABLE
    20,   // NUMBER_OF_COLUMNS_DOESNT_MATCH
    36,   // BAD_ARGUMENTS
    44,   // ILLEGAL_COLUMN
    47,   // UNKNOWN_IDENTIFIER
    48,   // NOT_IMPLEMENTED
    50,   // UNKNOWN_TYPE
    60,   // UNKNOWN_TABLE
    62,   // SYNTAX_ERROR
    73,   // UNKNOWN_FORMAT
    81,   // UNKNOWN_DATABASE
    115,  // UNKNOWN_SETTING
    164,  // READONLY
    192,  // UNKNOWN_USER
    193,  // WRONG_PASSWORD
    194,  // REQUIRED_PASSWORD
    195,  // IP_ADDRESS_NOT_ALLOWED
    218,  // TABLE_IS_DROPPED
    291,  // DATABASE_ACCESS_DENIED
    452,  // SETTING_CONSTRAINT_VIOLATION
    472,  // READONLY_SETTING
    497,  // ACCESS_DENIED
    516,  // AUTHENTICATION_FAILED
};

constexpr std::array kCodesOfUnknownOutcome = {
    159,            // TIMEOUT_EXCEEDED
    209,            // SOCKET_TIMEOUT
    210,            // NETWORK_ERROR
    kStillRunning,  // under the same query_id
    319,            // UNKNOWN_STATUS_OF_INSERT
};

// TOO_MANY_PARTS: of the table, which passes when parts are merged, or of one insert, which has
// rows of too many partitions and can only be cut.
constexpr int kTooManyParts = 252;

template <typename Codes>
bool holds(const Codes& codes, int code) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

// Of an exception that is announced without its number.
constexpr int kCodeUnknown = -1;

int leading_number(std::string_view text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

int exception_code(std::optional<std::string_view> header, std::string_view body) {
  if (header) {
    const int code = leading_number(*header);
    return code != 0 ? code : kCodeUnknown;
  }
  constexpr std::string_view kCode = "Code: ";
  return body.substr(0, kCode.size()) == kCode ? leading_number(body.substr(kCode.size())) : 0;
}

// ClickHouse writes «…: while pushing to view d.v. (CODE_NAME) (version …)».
bool names_failed_view(std::string_view message) {
  const std::size_t at = message.rfind(": while pushing to view ");
  return at != std::string_view::npos && message.find('\'', at) == std::string_view::npos;
}

bool names_absent_table(int exception_code) {
  constexpr int kUnknownDatabase = 81;
  constexpr int kTableIsDropped = 218;
  return exception_code == kUnknownTable || exception_code == kUnknownDatabase ||
         exception_code == kTableIsDropped;
}

bool leaves_outcome_unknown(int exception_code) {
  return holds(kCodesOfUnknownOutcome, exception_code);
}

ErrorClass classify_failure(int http_status, int exception_code, std::string_view message) {
  if (names_failed_view(message)) return ErrorClass::kConfiguration;
  if (exception_code == kTooManyParts && contains(message, "Too many partitions"))
    return ErrorClass::kData;
  if (holds(kDataCodes, exception_code)) return ErrorClass::kData;
  if (holds(kConfigurationCodes, exception_code)) return ErrorClass::kConfiguration;
  if (exception_code != 0) return ErrorClass::kTransient;
  switch (http_status) {
    case 408:  // request timeout
    case 429:  // too many requests
      return ErrorClass::kTransient;
    default:
      return http_status >= 500 ? ErrorClass::kTransient : ErrorClass::kConfiguration;
  }
}

}  // namespace event_consumer
