#include "worker/batch/delivery_values.h"

#include <chrono>

#include "tests/support/catch.h"
#include "tests/worker/message/encoded_properties.h"
#include "worker/encode/row_encoder.h"
#include "worker/encode/timestamp.h"

namespace event_consumer {
namespace {

using Field = MessageField;
using Kind = JsonValue::Kind;
using testing::EncodedProperties;

std::string shown(const JsonValue& value) {
  return value.kind == Kind::kAbsent ? "absent" : std::string(value.text);
}

std::string value_of(const Delivery& delivery, Field field, std::string_view header = "") {
  DeliveryValues values("orders");
  values.begin(delivery);
  return shown(values.value(field, header));
}

}  // namespace

TEST_CASE("delivery values: routing, queue, flag and tag", "[delivery_values]") {
  Delivery delivery;
  delivery.tag = 12;
  delivery.redelivered = true;
  delivery.exchange = "ex";
  delivery.routing_key = "a.b";
  CHECK(value_of(delivery, Field::kExchange) == "ex");
  CHECK(value_of(delivery, Field::kRoutingKey) == "a.b");
  CHECK(value_of(delivery, Field::kQueue) == "orders");
  CHECK(value_of(delivery, Field::kRedelivered) == "true");
  CHECK(value_of(delivery, Field::kDeliveryTag) == "12");
  delivery.redelivered = false;
  CHECK(value_of(delivery, Field::kRedelivered) == "false");
}

TEST_CASE("delivery values: properties, and those that a message has not", "[delivery_values]") {
  EncodedProperties given;
  using P = amqp_basic_properties_t;
  given.set(AMQP_BASIC_CONTENT_TYPE_FLAG, &P::content_type, "application/json");
  given.set(AMQP_BASIC_CORRELATION_ID_FLAG, &P::correlation_id, "c");
  given.set(AMQP_BASIC_REPLY_TO_FLAG, &P::reply_to, "r");
  given.set(AMQP_BASIC_MESSAGE_ID_FLAG, &P::message_id, "m");
  given.set(AMQP_BASIC_TYPE_FLAG, &P::type, "t");
  given.set(AMQP_BASIC_USER_ID_FLAG, &P::user_id, "u");
  given.set(AMQP_BASIC_APP_ID_FLAG, &P::app_id, "a");
  given.properties._flags |= AMQP_BASIC_PRIORITY_FLAG | AMQP_BASIC_TIMESTAMP_FLAG;
  given.properties.priority = 9;
  given.properties.timestamp = 1'766'139'630;
  given.header("x", "y");
  const std::string encoded = given.encoded();
  const std::pair<Field, const char*> expected[] = {{Field::kContentType, "application/json"},
                                                    {Field::kCorrelationId, "c"},
                                                    {Field::kReplyTo, "r"},
                                                    {Field::kMessageId, "m"},
                                                    {Field::kType, "t"},
                                                    {Field::kUserId, "u"},
                                                    {Field::kAppId, "a"},
                                                    {Field::kPriority, "9"},
                                                    {Field::kTimestamp, "1766139630"}};
  Delivery delivery;
  for (const auto& [field, text] : expected) CHECK(value_of(delivery, field) == "absent");
  CHECK(value_of(delivery, Field::kHeader, "x") == "absent");
  CHECK(value_of(delivery, Field::kHeaders) == "{}");
  delivery.properties = encoded;
  for (const auto& [field, text] : expected) CHECK(value_of(delivery, field) == text);
  CHECK(value_of(delivery, Field::kHeader, "x") == "y");
  CHECK(value_of(delivery, Field::kHeaders) == R"({"x":"y"})");
}

TEST_CASE("delivery values: only what has come back has a delivery count", "[delivery_values]") {
  EncodedProperties given;
  given.header("x-delivery-count", AMQP_FIELD_KIND_I64, [](auto& value) { value.i64 = 3; });
  const std::string encoded = given.encoded();
  Delivery delivery;
  delivery.redelivered = true;
  CHECK(value_of(delivery, Field::kDeliveryCount) == "0");
  delivery.properties = encoded;
  CHECK(value_of(delivery, Field::kDeliveryCount) == "3");
  delivery.redelivered = false;
  CHECK(value_of(delivery, Field::kDeliveryCount) == "0");
  EncodedProperties forged;
  forged.header("x-delivery-count", "many");
  const std::string text = forged.encoded();
  delivery.redelivered = true;
  delivery.properties = text;
  CHECK(value_of(delivery, Field::kDeliveryCount) == "0");
}

TEST_CASE("delivery values: when it was taken, in UTC by the wall clock", "[delivery_values]") {
  Delivery delivery;
  delivery.taken_at = Clock::now() - std::chrono::hours(1);
  const std::string text = value_of(delivery, Field::kReceivedAt);
  CHECK(text.size() == std::string("2025-12-19T10:20:30.123Z").size());
  const auto read = parse_timestamp(text);
  REQUIRE(read);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(now).count() - read->seconds;
  CHECK(age >= 3590);
  CHECK(age <= 3610);
}

// Else a message of many events with long headers would take any amount of memory and time.
TEST_CASE("delivery values: each is made once for a message", "[delivery_values]") {
  EncodedProperties given;
  given.header("x", AMQP_FIELD_KIND_I32, [](auto& value) { value.i32 = 70'000; });
  given.header("y", AMQP_FIELD_KIND_I32, [](auto& value) { value.i32 = 80'000; });
  const std::string encoded = given.encoded();
  Delivery delivery;
  delivery.properties = encoded;
  DeliveryValues values("orders");
  values.begin(delivery);
  const char* const headers = values.value(Field::kHeaders, "").text.data();
  const char* const x = values.value(Field::kHeader, "x").text.data();
  CHECK(shown(values.value(Field::kHeader, "y")) == "80000");
  CHECK(values.value(Field::kHeaders, "").text.data() == headers);
  CHECK(values.value(Field::kHeader, "x").text.data() == x);
}

TEST_CASE("delivery values: those of one message hold none of another's", "[delivery_values]") {
  EncodedProperties given;
  given.header("x", AMQP_FIELD_KIND_I32, [](auto& value) { value.i32 = 70'000; });
  const std::string encoded = given.encoded();
  Delivery first;
  first.properties = encoded;
  DeliveryValues values("orders");
  values.begin(first);
  CHECK(shown(values.value(Field::kHeader, "x")) == "70000");
  const Delivery second;
  values.begin(second);
  CHECK(shown(values.value(Field::kHeader, "x")) == "absent");
}

}  // namespace event_consumer
