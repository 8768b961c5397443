#include "worker/encode/json_object_text.h"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/text.h"
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
  CHECK(object.text() == R"({"a":2,"b":2,"\u0001":3})");
  object.begin("a");
  object.end({Kind::kNumber, "4"});
  CHECK(object.text() == R"({"a":4,"b":2,"\u0001":3})");
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

// Hashes of strings are the same everywhere, so that whoever publishes can choose keys by theirs.
TEST_CASE("no choice of keys makes a JSON object slow", "[json_object_text]") {
  constexpr std::size_t kPlaces = 1 << 18;
  constexpr int kMembers = 100'000;
  JsonObjectText object;
  const std::hash<std::string_view> hash;
  int members = 0;
  std::vector<std::string> keys;
  for (int i = 0; keys.size() < kMembers; ++i)
    if (hash(json_string(std::to_string(i))) % kPlaces < kPlaces / 64)
      keys.push_back(std::to_string(i));
  const auto begin = std::chrono::steady_clock::now();
  for (const std::string& key : keys) {
    object.begin(key);
    object.end({Kind::kNumber, std::to_string(++members)});
  }
  CHECK(object.text().size() > kMembers);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
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
