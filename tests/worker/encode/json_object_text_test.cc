#include "worker/encode/json_object_text.h"

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using Kind = JsonValue::Kind;

}  // namespace

TEST_CASE("a JSON object is made of its members in their order", "[json_object_text]") {
  JsonObjectText object;
  CHECK(object.text() == "{}");
  const auto add = [&](std::string_view key, Kind kind, std::string_view text) {
    object.begin(key);
    object.end({kind, text});
  };
  add("a", Kind::kNumber, "1.50");
  add("b\"\n", Kind::kString, "x\"y\\");
  add("c", Kind::kCompound, R"({"d": [1]})");
  add("e", Kind::kNull, "");
  add("f", Kind::kBool, "true");
  CHECK(object.text() == R"({"a":1.50,"b\"\u000a":"x\"y\\","c":{"d": [1]},"e":null,"f":true})");
  object.clear();
  CHECK(object.text() == "{}");
}

TEST_CASE("of a doubled key the value that came last is in a JSON object", "[json_object_text]") {
  JsonObjectText object;
  for (const char* number : {"1", "2"}) {
    for (const char* key : {"a", "b"}) {
      object.begin(key);
      object.end({Kind::kNumber, number});
    }
  }
  CHECK(object.text() == R"({"a":2,"b":2})");
}

TEST_CASE("bytes that are not UTF-8 stand in a JSON object as U+FFFD", "[json_object_text]") {
  JsonObjectText object;
  object.begin("k\xff");
  object.end({Kind::kString, "v\xfe"});
  CHECK(object.text() == "{\"k\xEF\xBF\xBD\":\"v\xEF\xBF\xBD\"}");
}

}  // namespace event_consumer
