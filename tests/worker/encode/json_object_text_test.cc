#include "worker/encode/json_object_text.h"

#include <chrono>
#include <string>

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
  object.begin("\x01");
  object.end({Kind::kNumber, "3"});
  CHECK(object.text() == R"({"a":2,"b":2,"\u0001":3})");
}

TEST_CASE("bytes that are not UTF-8 stand in a JSON object as U+FFFD", "[json_object_text]") {
  JsonObjectText object;
  object.begin("k\xff");
  object.end({Kind::kString, "v\xfe"});
  CHECK(object.text() == "{\"k\xEF\xBF\xBD\":\"v\xEF\xBF\xBD\"}");
}

TEST_CASE("many members of a JSON object take a few times the memory of its text",
          "[json_object_text]") {
  JsonObjectText object;
  for (int i = 0; i < 100'000; ++i) {
    object.begin(std::to_string(100'000 + i));
    object.end({Kind::kNumber, "0"});
  }
  const std::size_t size = object.text().size();
  CHECK(size == 1 + 100'000 * std::string(R"("100000":0,)").size());
  CHECK(object.capacity() < 8 * size);
}

TEST_CASE("a JSON object of many members slows none down that comes after it",
          "[json_object_text]") {
  JsonObjectText object;
  for (int i = 0; i < 300'000; ++i) {
    object.begin(std::to_string(i));
    object.end({Kind::kNumber, "0"});
  }
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 100'000; ++i) {
    object.clear();
    object.begin("a");
    object.end({Kind::kNumber, "1"});
  }
  CHECK(object.text() == R"({"a":1})");
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
}

}  // namespace event_consumer
