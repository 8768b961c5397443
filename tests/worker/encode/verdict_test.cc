#include "worker/encode/verdict.h"

#include "tests/support/catch.h"

using namespace event_consumer;

TEST_CASE("each reason has its own stable word") {
  CHECK(slug(Reason::kNotJson) == "not_json");
  CHECK(slug(Reason::kInvalidUtf8) == "invalid_utf8");
  CHECK(slug(Reason::kNotAnObject) == "not_an_object");
  CHECK(slug(Reason::kTooDeep) == "too_deep");
  CHECK(slug(Reason::kNoKnownKey) == "no_known_key");
  CHECK(slug(Reason::kMissingField) == "missing_field");
  CHECK(slug(Reason::kBadValue) == "bad_value");
  CHECK(slug(Reason::kOutOfRange) == "out_of_range");
  CHECK(slug(Reason::kTooLarge) == "too_large");
  CHECK(slug(Reason::kBadEncoding) == "bad_encoding");
  CHECK(slug(Reason::kNoEvents) == "no_events");
  CHECK(slug(Reason::kTooManyEvents) == "too_many_events");
}
