#include "worker/clickhouse/exception_class.h"

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

void check_all(std::initializer_list<int> codes, ErrorClass expected) {
  for (const int code : codes) {
    INFO("code " << code);
    CHECK((classify_failure(500, code, "Code: N. DB::Exception: words") == expected));
  }
}

}  // namespace

TEST_CASE("error class: what passes by itself", "[error_class]") {
  check_all({23,  24,  74,  75,  76,  77,  95,  96,  159, 160, 198, 201, 202, 203,
             204, 209, 210, 216, 225, 236, 242, 243, 244, 252, 254, 279, 285, 286,
             289, 297, 319, 364, 394, 410, 416, 425, 439, 473, 499, 519, 745, 999},
            ErrorClass::kTransient);
}

TEST_CASE("error class: what the rows are to blame for", "[error_class]") {
  check_all({6,   25,  26,  27,  33,  38,  41,  53,  69,  70,  72,
             108, 117, 130, 131, 321, 349, 376, 407, 441, 467, 469},
            ErrorClass::kData);
}

TEST_CASE("error class: what an operator has to see to", "[error_class]") {
  check_all({16,  20,  44,  47,  50,  60,  62,  73,  81,  115, 164,
             192, 193, 194, 195, 218, 291, 452, 472, 497, 516},
            ErrorClass::kConfiguration);
}

// Seen of one row: 395 of throwIf, 675 of toIPv4, 691 of an Enum (36 on 18.16), 32 of toUInt64(''),
// 241 of a batch that never fits.
TEST_CASE("error class: any other code can be a row's or everybody's", "[error_class]") {
  check_all({-1, 1, 3, 32, 36, 107, 173, 241, 395, 675, 691, 4711}, ErrorClass::kUnclear);
}

TEST_CASE("error class: a question that fails for no clear reason is asked again",
          "[error_class]") {
  for (const int code : {241, 4711, 202, -1}) CHECK(passes_by_itself(500, code, ""));
  for (const int code : {36, 60, 27}) CHECK_FALSE(passes_by_itself(500, code, ""));
}

TEST_CASE("error class: too many partitions in one insert can only be cut", "[error_class]") {
  CHECK((classify_failure(500, 252,
                          "Code: 252. DB::Exception: Too many partitions for single INSERT block "
                          "(more than 100)") == ErrorClass::kData));
  CHECK((classify_failure(500, 252, "Code: 252. DB::Exception: Too many parts (300)") ==
         ErrorClass::kTransient));
  CHECK((classify_failure(
             500, 252,
             "Code: 252. DB::Exception: Too many parts (300 with average size of 1.00 KiB) in "
             "table 'mine.partitions'") == ErrorClass::kTransient));
}

TEST_CASE("error class: what a view cannot do with rows is unclear", "[error_class]") {
  const char* words = "Code: 6: Cannot parse: while pushing to view default.mv";
  for (const int code : {6, 117, 241, 4711})
    CHECK((classify_failure(500, code, words) == ErrorClass::kUnclear));
  // Its table is away, or has too many parts.
  CHECK((classify_failure(500, 60, words) == ErrorClass::kConfiguration));
  CHECK((classify_failure(500, 252, words) == ErrorClass::kTransient));
}

TEST_CASE("error class: a failing view is known in the words of old and new servers") {
  CHECK(
      (classify_failure(
           500, 6,
           "Code: 6, e.displayText() = DB::Exception: Cannot parse string 'x' as UInt64: "
           "while pushing to view default.mv, e.what() = DB::Exception") == ErrorClass::kUnclear));
  CHECK((classify_failure(
             500, 469,
             "Code: 469. DB::Exception: Constraint `k` for table default.dst is violated at "
             "row 1. Expression: (x > 100). Column values: x = '5': while pushing to view "
             "default.mv (95af522f-58dd-4732-a330-40f8286e7bd2). (VIOLATED_CONSTRAINT) "
             "(version 26.7.2.1)") == ErrorClass::kUnclear));
}

TEST_CASE("error class: an event that speaks of views is the data that it is", "[error_class]") {
  CHECK((classify_failure(
             500, 469,
             "Code: 469. DB::Exception: Constraint `k` for table default.con is violated at "
             "row 1. Expression: (length(c) < 10). Column values: c = 'it\\'s: while pushing "
             "to view d.v'. (VIOLATED_CONSTRAINT) (version 26.7.2.1)") == ErrorClass::kData));
  CHECK((classify_failure(
             500, 376,
             "Code: 376. DB::Exception: Cannot parse uuid : while pushing to view d.v: Cannot "
             "parse UUID from String: while executing 'FUNCTION toUUID(c : 1) -> toUUID(c) "
             "UUID : 0'. (CANNOT_PARSE_UUID)") == ErrorClass::kData));
}

TEST_CASE("error class: what the query cache refuses", "[error_class]") {
  for (const int code : {704, 719, 731}) CHECK(is_refused_by_query_cache(code));
  for (const int code : {0, 60, 241}) CHECK_FALSE(is_refused_by_query_cache(code));
}

TEST_CASE("error class: without a code the HTTP status decides", "[error_class]") {
  for (const int status : {408, 429, 500, 502, 503, 504})
    CHECK((classify_failure(status, 0, "") == ErrorClass::kTransient));
  for (const int status : {302, 400, 401, 403, 404})
    CHECK((classify_failure(status, 0, "") == ErrorClass::kConfiguration));
}

}  // namespace event_consumer
