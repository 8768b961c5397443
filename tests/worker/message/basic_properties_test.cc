#include "worker/message/basic_properties.h"

#include <unistd.h>

#include <cmath>
#include <limits>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/proc.h"
#include "tests/worker/message/encoded_properties.h"

namespace event_consumer {
namespace {

using Kind = JsonValue::Kind;
using testing::EncodedProperties;

// A table of which one header has each kind of value.
class EveryKind {
 public:
  EveryKind() {
    const auto add = [&](const char* name, int kind, const auto& fill) {
      properties_.header(name, kind, fill);
    };
    add("bool", AMQP_FIELD_KIND_BOOLEAN, [](auto& value) { value.boolean = 1; });
    add("i8", AMQP_FIELD_KIND_I8, [](auto& value) { value.i8 = -8; });
    add("u8", AMQP_FIELD_KIND_U8, [](auto& value) { value.u8 = 200; });
    add("i16", AMQP_FIELD_KIND_I16, [](auto& value) { value.i16 = -300; });
    add("u16", AMQP_FIELD_KIND_U16, [](auto& value) { value.u16 = 60'000; });
    add("i32", AMQP_FIELD_KIND_I32, [](auto& value) { value.i32 = -70'000; });
    add("u32", AMQP_FIELD_KIND_U32, [](auto& value) { value.u32 = 4'000'000'000; });
    add("i64", AMQP_FIELD_KIND_I64, [](auto& value) { value.i64 = -5'000'000'000; });
    add("u64", AMQP_FIELD_KIND_U64, [](auto& value) { value.u64 = 9'000'000'000'000'000'000; });
    add("f32", AMQP_FIELD_KIND_F32, [](auto& value) { value.f32 = 0.5F; });
    add("f64", AMQP_FIELD_KIND_F64, [](auto& value) { value.f64 = 0.1; });
    add("inf", AMQP_FIELD_KIND_F64,
        [](auto& value) { value.f64 = -std::numeric_limits<double>::infinity(); });
    add("nan", AMQP_FIELD_KIND_F32, [](auto& value) { value.f32 = std::nanf(""); });
    add("decimal", AMQP_FIELD_KIND_DECIMAL, [](auto& value) {
      value.decimal.decimals = 3;
      value.decimal.value = 45;
    });
    add("text", AMQP_FIELD_KIND_UTF8, [](auto& value) { value.bytes = to_bytes("a\"b"); });
    add("bytes", AMQP_FIELD_KIND_BYTES, [](auto& value) { value.bytes = to_bytes("\xff\x01"); });
    add("time", AMQP_FIELD_KIND_TIMESTAMP, [](auto& value) { value.u64 = 1'766'139'630; });
    add("void", AMQP_FIELD_KIND_VOID, [](auto&) {});
    items_[0].kind = items_[1].kind = AMQP_FIELD_KIND_I32;
    items_[0].value.i32 = 1;
    items_[1].value.i32 = 2;
    add("array", AMQP_FIELD_KIND_ARRAY, [&](auto& value) { value.array = {2, items_}; });
    member_.key = amqp_cstring_bytes("k");
    member_.value = {};
    member_.value.kind = AMQP_FIELD_KIND_ARRAY;
    member_.value.value.array = {2, items_};
    add("table", AMQP_FIELD_KIND_TABLE, [&](auto& value) { value.table = {1, &member_}; });
  }

  std::string encoded() const { return properties_.encoded(); }

 private:
  EncodedProperties properties_;
  amqp_field_value_t items_[2] = {};
  amqp_table_entry_t member_{};
};

std::string header_of(const std::string& properties, const char* name) {
  std::deque<std::string> texts;
  const JsonValue value = find_header(*read_basic_properties(properties).headers, name, texts);
  const char* kind = value.kind == Kind::kAbsent     ? "absent "
                     : value.kind == Kind::kNull     ? "null "
                     : value.kind == Kind::kBool     ? "bool "
                     : value.kind == Kind::kNumber   ? "number "
                     : value.kind == Kind::kCompound ? "compound "
                                                     : "string ";
  return kind + std::string(value.text);
}

std::string object_of(std::string_view headers) {
  std::deque<std::string> texts;
  const JsonValue value = headers_object(headers, texts);
  return value.kind == Kind::kAbsent ? "absent" : std::string(value.text);
}

}  // namespace

TEST_CASE("every property of a message is read", "[basic_properties]") {
  EncodedProperties given;
  using P = amqp_basic_properties_t;
  given.set(AMQP_BASIC_CONTENT_TYPE_FLAG, &P::content_type, "application/json");
  given.set(AMQP_BASIC_CONTENT_ENCODING_FLAG, &P::content_encoding, "gzip");
  given.header("h", "v");
  given.properties._flags |=
      AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_PRIORITY_FLAG | AMQP_BASIC_TIMESTAMP_FLAG;
  given.properties.delivery_mode = 2;
  given.properties.priority = 9;
  given.properties.timestamp = 1'766'139'630;
  given.set(AMQP_BASIC_CORRELATION_ID_FLAG, &P::correlation_id, "c");
  given.set(AMQP_BASIC_REPLY_TO_FLAG, &P::reply_to, "r");
  given.set(AMQP_BASIC_EXPIRATION_FLAG, &P::expiration, "60000");
  given.set(AMQP_BASIC_MESSAGE_ID_FLAG, &P::message_id, "m");
  given.set(AMQP_BASIC_TYPE_FLAG, &P::type, "t");
  given.set(AMQP_BASIC_USER_ID_FLAG, &P::user_id, "u");
  given.set(AMQP_BASIC_APP_ID_FLAG, &P::app_id, "");
  const std::string encoded = given.encoded();
  const BasicProperties read = read_basic_properties(encoded);
  CHECK(read.content_type == "application/json");
  CHECK(read.content_encoding == "gzip");
  CHECK(read.headers);
  CHECK(read.delivery_mode == 2);
  CHECK(read.priority == 9);
  CHECK(read.correlation_id == "c");
  CHECK(read.reply_to == "r");
  CHECK(read.expiration == "60000");
  CHECK(read.message_id == "m");
  CHECK(read.timestamp == 1'766'139'630);
  CHECK(read.type == "t");
  CHECK(read.user_id == "u");
  CHECK(read.app_id == "");
}

TEST_CASE("a message without properties has none", "[basic_properties]") {
  for (const std::string& encoded : {std::string(), std::string(2, '\0')}) {
    const BasicProperties read = read_basic_properties(encoded);
    CHECK_FALSE(read.content_type);
    CHECK_FALSE(read.headers);
    CHECK_FALSE(read.timestamp);
  }
}

TEST_CASE("a header of every kind is a value of JSON", "[basic_properties]") {
  const std::string encoded = EveryKind().encoded();
  const auto is = [&](const char* name) { return header_of(encoded, name); };
  CHECK(is("bool") == "bool true");
  CHECK(is("i8") == "number -8");
  CHECK(is("u8") == "number 200");
  CHECK(is("i16") == "number -300");
  CHECK(is("u16") == "number 60000");
  CHECK(is("i32") == "number -70000");
  CHECK(is("u32") == "number 4000000000");
  CHECK(is("i64") == "number -5000000000");
  CHECK(is("u64") == "number 9000000000000000000");
  CHECK(is("f32") == "number 0.5");
  CHECK(is("f64") == "number 0.1");
  CHECK(is("inf") == "string -inf");
  CHECK(is("nan") == "string nan");
  CHECK(is("decimal") == "number 0.045");
  CHECK(is("text") == "string a\"b");
  CHECK(is("bytes") == "string \xff\x01");
  CHECK(is("time") == "number 1766139630");
  CHECK(is("void") == "null ");
  CHECK(is("array") == "compound [1,2]");
  CHECK(is("table") == R"(compound {"k":[1,2]})");
  CHECK(is("other") == "absent ");
  CHECK(object_of(*read_basic_properties(encoded).headers) ==
        R"({"bool":true,"i8":-8,"u8":200,"i16":-300,"u16":60000,"i32":-70000,"u32":4000000000,)"
        R"("i64":-5000000000,"u64":9000000000000000000,"f32":0.5,"f64":0.1,"inf":"-inf",)"
        R"("nan":"nan","decimal":0.045,"text":"a\"b","bytes":")"
        "\xEF\xBF\xBD\\u0001"
        R"(","time":1766139630,"void":null,"array":[1,2],"table":{"k":[1,2]}})");
}

// As py-amqp writes what is beyond 32 bits, and all clients a Decimal (pika, py-amqp, Java).
TEST_CASE("a header of a negative number is negative", "[basic_properties]") {
  EncodedProperties given;
  given.header("L", AMQP_FIELD_KIND_U64, [](auto& value) { value.i64 = -5'000'000'000; });
  given.header("D", AMQP_FIELD_KIND_DECIMAL, [](auto& value) {
    value.decimal.decimals = 2;
    value.decimal.value = static_cast<std::uint32_t>(-5);
  });
  given.header("whole", AMQP_FIELD_KIND_DECIMAL, [](auto& value) {
    value.decimal.decimals = 0;
    value.decimal.value = static_cast<std::uint32_t>(std::numeric_limits<std::int32_t>::min());
  });
  const std::string encoded = given.encoded();
  CHECK(header_of(encoded, "L") == "number -5000000000");
  CHECK(header_of(encoded, "D") == "number -0.05");
  CHECK(header_of(encoded, "whole") == "number -2147483648");
}

TEST_CASE("of a doubled header the last counts", "[basic_properties]") {
  EncodedProperties given;
  given.header("a", "1");
  given.header("b", "2");
  given.header("a", "3");
  const std::string encoded = given.encoded();
  CHECK(header_of(encoded, "a") == "string 3");
  CHECK(object_of(*read_basic_properties(encoded).headers) == R"({"a":"3","b":"2"})");
}

TEST_CASE("a header without any headers is absent, and all of them are an empty object",
          "[basic_properties]") {
  std::deque<std::string> texts;
  CHECK(find_header("", "a", texts).kind == Kind::kAbsent);
  CHECK(object_of("") == "{}");
}

TEST_CASE("properties and headers that are cut off anywhere are none", "[basic_properties]") {
  const std::string encoded = EveryKind().encoded();
  for (std::size_t size = 1; size < encoded.size(); ++size)
    CHECK_FALSE(read_basic_properties(std::string_view(encoded).substr(0, size)).headers);
  const std::string_view headers = *read_basic_properties(encoded).headers;
  std::deque<std::string> texts;
  int whole = 0;
  for (std::size_t size = 1; size < headers.size(); ++size)
    if (object_of(headers.substr(0, size)) != "absent") ++whole;
  CHECK(whole == 19);  // behind each header but the last
  CHECK(object_of(std::string("\1a?", 3)) == "absent");
  CHECK(find_header(std::string("\1aV\1bS\0", 7), "a", texts).kind == Kind::kAbsent);
}

TEST_CASE("headers that are nested too deep are none", "[basic_properties]") {
  const auto nested = [](int depth) {
    std::string value = "V";
    for (int i = 0; i < depth; ++i) {
      const auto size = static_cast<char>(value.size());
      const auto high = static_cast<char>(value.size() >> 8);
      value = std::string("A\0\0", 3) + high + size + value;
    }
    return "\1a" + value;
  };
  CHECK(object_of(nested(2)) == R"({"a":[[null]]})");
  CHECK(object_of(nested(63)) != "absent");
  CHECK(object_of(nested(64)) == "absent");
  CHECK(object_of(nested(10'000)) == "absent");
}

// A number takes six bytes there, and hundreds in JSON.
TEST_CASE("headers of long numbers, nested deep, take memory for a few texts of them",
          "[basic_properties]") {
  const auto sized = [](char kind, const std::string& bytes) {
    std::string value{kind};
    for (int shift = 24; shift >= 0; shift -= 8)
      value += static_cast<char>(bytes.size() >> shift & 0xff);
    return value + bytes;
  };
  std::string value;
  for (int i = 0; i < 20'000; ++i) value += std::string("D\xff\0\0\0\1", 6);
  for (int depth = 0; depth < 60; ++depth) value = sized('A', value);
  const std::string headers = "\1a" + value;
  const auto peak_kib = [] { return std::stoul(testing::proc_status(getpid(), "VmHWM")); };
  [[maybe_unused]] const auto before = peak_kib();
  CHECK(object_of(headers).size() > 5'000'000);
#ifndef UNDER_SANITIZER  // which keeps freed memory for a while
  CHECK(peak_kib() < before + 64 * 1024);
#endif
}

}  // namespace event_consumer
