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

// TOO_MANY_PARTS: of the table, which passes when parts are merged, or of one insert, which has
// rows of too many partitions and can only be cut.
constexpr int kTooManyParts = 252;

// Of the server or of its neighbours, whatever rows it is given.
constexpr std::array kTransientCodes = {
    23,             // CANNOT_READ_FROM_ISTREAM
    24,             // CANNOT_WRITE_TO_OSTREAM
    74,             // CANNOT_READ_FROM_FILE_DESCRIPTOR
    75,             // CANNOT_WRITE_TO_FILE_DESCRIPTOR
    76,             // CANNOT_OPEN_FILE
    77,             // CANNOT_CLOSE_FILE
    95,             // CANNOT_READ_FROM_SOCKET
    96,             // CANNOT_WRITE_TO_SOCKET
    159,            // TIMEOUT_EXCEEDED
    160,            // TOO_SLOW
    198,            // DNS_ERROR
    201,            // QUOTA_EXPIRED
    202,            // TOO_MANY_SIMULTANEOUS_QUERIES
    203,            // NO_FREE_CONNECTION
    204,            // CANNOT_FSYNC
    209,            // SOCKET_TIMEOUT
    210,            // NETWORK_ERROR
    kStillRunning,  // QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING
    225,            // NO_ZOOKEEPER
    236,            // ABORTED
    242,            // TABLE_IS_READ_ONLY
    243,            // NOT_ENOUGH_SPACE
    244,            // UNEXPECTED_ZOOKEEPER_ERROR
    kTooManyParts,  // TOO_MANY_PARTS
    254,            // NO_ACTIVE_REPLICAS
    279,            // ALL_CONNECTION_TRIES_FAILED
    285,            // TOO_FEW_LIVE_REPLICAS
    286,            // UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
    289,            // REPLICA_IS_NOT_IN_QUORUM
    297,            // SHARD_HAS_NO_CONNECTIONS
    319,            // UNKNOWN_STATUS_OF_INSERT
    364,            // RECEIVED_ERROR_TOO_MANY_REQUESTS
    394,            // QUERY_WAS_CANCELLED
    410,            // EXTERNAL_SERVER_IS_NOT_RESPONDING
    416,            // REPLICA_STATUS_CHANGED
    425,            // SYSTEM_ERROR
    439,            // CANNOT_SCHEDULE_TASK
    473,            // DEADLOCK_AVOIDED
    499,            // S3_ERROR
    519,            // NO_REMOTE_SHARD_AVAILABLE
    745,            // SERVER_OVERLOADED
    999,            // KEEPER_EXCEPTION
};

// BAD_ARGUMENTS. Of an insert it can be a value's fault, too (26: of parseTimeDelta()).
constexpr int kBadArguments = 36;

constexpr std::array kCodesOfUnknownOutcome = {
    159,            // TIMEOUT_EXCEEDED
    209,            // SOCKET_TIMEOUT
    210,            // NETWORK_ERROR
    kStillRunning,  // under the same query_id
    319,            // UNKNOWN_STATUS_OF_INSERT
};

constexpr std::array kCodesOfQueryCache = {
    704,  // QUERY_CACHE_USED_WITH_NONDETERMINISTIC_FUNCTIONS
    719,  // QUERY_CACHE_USED_WITH_SYSTEM_TABLE
    731,  // QUERY_CACHE_USED_WITH_NON_THROW_OVERFLOW_MODE
};

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

bool is_refused_by_query_cache(int exception_code) {
  return holds(kCodesOfQueryCache, exception_code);
}

bool leaves_outcome_unknown(int exception_code) {
  return holds(kCodesOfUnknownOutcome, exception_code);
}

namespace {

ErrorClass class_of_code(int exception_code, std::string_view message) {
  if (exception_code == kTooManyParts && contains(message, "Too many partitions"))
    return ErrorClass::kData;
  if (holds(kDataCodes, exception_code)) return ErrorClass::kData;
  if (holds(kConfigurationCodes, exception_code)) return ErrorClass::kConfiguration;
  if (holds(kTransientCodes, exception_code)) return ErrorClass::kTransient;
  return ErrorClass::kUnclear;
}

}  // namespace

ErrorClass classify_failure(int http_status, int exception_code, std::string_view message) {
  if (exception_code != 0) {
    const ErrorClass error_class = class_of_code(exception_code, message);
    const bool is_view = error_class == ErrorClass::kData && names_failed_view(message);
    return is_view ? ErrorClass::kUnclear : error_class;
  }
  switch (http_status) {
    case 408:  // request timeout
    case 429:  // too many requests
      return ErrorClass::kTransient;
    default:
      return http_status >= 500 ? ErrorClass::kTransient : ErrorClass::kConfiguration;
  }
}

bool passes_by_itself(int http_status, int exception_code, std::string_view message) {
  const ErrorClass error_class = classify_failure(http_status, exception_code, message);
  return error_class == ErrorClass::kTransient ||
         (error_class == ErrorClass::kUnclear && exception_code != kBadArguments);
}

}  // namespace event_consumer
