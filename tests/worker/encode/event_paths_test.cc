#include "worker/encode/event_paths.h"

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using Kind = JsonValue::Kind;
using Path = std::vector<std::string>;

// What stands at the path in an event whose key «r» has this value; «absent» for nothing.
std::string at(const Path& path, std::string_view root) {
  EventPaths paths;
  CHECK(paths.add(0, path, 1) == 1);
  std::vector<JsonValue> values(2);
  values[0] = {Kind::kCompound, root};
  paths.fill(values);
  if (values[1].kind == Kind::kAbsent) return "absent";
  return values[1].kind == Kind::kNull ? "null" : std::string(values[1].text);
}

}  // namespace

TEST_CASE("a path leads into objects and arrays", "[event_paths]") {
  CHECK(at({"r", "id"}, R"({"name": "x", "id": 7})") == "7");
  CHECK(at({"r", "a", "b"}, R"({"a": {"c": [1, {"b": 2}], "b": "s"}})") == "s");
  CHECK(at({"r", "1"}, R"([10, 20, 30])") == "20");
  CHECK(at({"r", "0", "b"}, R"([{"b": true}])") == "true");
  CHECK(at({"r", "1", "1"}, R"([[1, 2], [3, 4]])") == "4");
  CHECK(at({"r", "0"}, R"({"0": "key"})") == "key");
  CHECK(at({"r", "o"}, R"({"o": {"x": [1, 2]}})") == R"({"x": [1, 2]})");
  CHECK(at({"r", "n"}, R"({"n": null})") == "null");
}

TEST_CASE("a path that leads nowhere has no value", "[event_paths]") {
  CHECK(at({"r", "id"}, R"({"ID": 7, "x": {"id": 1}})") == "absent");
  CHECK(at({"r", "id"}, "{}") == "absent");
  CHECK(at({"r", "0"}, "[]") == "absent");
  CHECK(at({"r", "3"}, "[1, 2, 3]") == "absent");
  CHECK(at({"r", "id"}, R"(["id"])") == "absent");
  CHECK(at({"r", "a", "b"}, R"({"a": "b"})") == "absent");
  CHECK(at({"r", "99999999999999999999999"}, "[1]") == "absent");
}

TEST_CASE("of a doubled key on a path the last counts", "[event_paths]") {
  CHECK(at({"r", "a"}, R"({"a": 1, "a": 2})") == "2");
  CHECK(at({"r", "a", "b"}, R"({"a": {"b": 1}, "a": {"c": 2}})") == "absent");
  CHECK(at({"r", "a", "b"}, R"({"a": {"b": 1}, "a": 2})") == "absent");
}

TEST_CASE("strings with escapes live until the next event", "[event_paths]") {
  EventPaths paths;
  CHECK(paths.add(0, {"r", "a"}, 1) == 1);
  CHECK(paths.add(0, {"r", "b"}, 2) == 2);
  CHECK(paths.add(0, {"r", "b", "0"}, 3) == 3);
  CHECK(paths.add(0, {"r", "a"}, 4) == 1);
  std::vector<JsonValue> values(4);
  values[0] = {Kind::kCompound, R"({"\u0061": "x\ny and more than fits a small string",
                                    "b": ["z\t"]})"};
  paths.fill(values);
  CHECK(values[1].text == "x\ny and more than fits a small string");
  CHECK(values[2].text == R"(["z\t"])");
  CHECK(values[3].text == "z\t");
}

TEST_CASE("a root that is neither object nor array has nothing within", "[event_paths]") {
  EventPaths paths;
  paths.add(0, {"r", "a"}, 1);
  for (const Kind kind : {Kind::kAbsent, Kind::kNull, Kind::kString, Kind::kNumber}) {
    std::vector<JsonValue> values(2);
    values[0] = {kind, ""};
    paths.fill(values);
    CHECK(values[1].kind == Kind::kAbsent);
  }
}

}  // namespace event_consumer
