#include "worker/encode/json_compound.h"

#include <vector>

#include "tests/support/catch.h"

using namespace event_consumer;

namespace {

using Kind = JsonValue::Kind;

// The elements' kinds and texts, each followed by a newline.
std::string elements(std::string_view text) {
  constexpr std::string_view kKinds = "?nb#sc";
  // In a buffer of exactly its size, so that a sanitizer sees any byte read beyond it.
  const std::vector<char> exact(text.begin(), text.end());
  JsonCompound compound(std::string_view(exact.data(), exact.size()));
  std::string out;
  while (const auto element = compound.next()) {
    out += kKinds[static_cast<std::size_t>(element->kind)];
    out.append(element->text).append("\n");
  }
  return out;
}

}  // namespace

TEST_CASE("an array is taken apart") {
  CHECK(elements("[]") == "");
  CHECK(elements("[ \t\r\n]") == "");
  CHECK(elements("[1]") == "#1\n");
  CHECK(elements("[ -1.5e+3 , true,false ,null]") == "#-1.5e+3\nbtrue\nbfalse\nn\n");
  CHECK(elements(R"(["", "a", "]"])") == "s\nsa\ns]\n");
  CHECK(elements(R"([[], [[1], "]"], {"}": [2]} ])") == "c[]\nc[[1], \"]\"]\nc{\"}\": [2]}\n");
  CHECK(elements(R"([["\"]\\"], 1])") == "c[\"\\\"]\\\\\"]\n#1\n");
}

TEST_CASE("strings in an array are unescaped") {
  CHECK(elements(R"(["\"\\\/\b\f\n\r\tx", "y"])") == "s\"\\/\b\f\n\r\tx\nsy\n");
  CHECK(elements(R"(["gr\u00fc\u00DFe \u20ac \ud83d\ude00!"])") == "sgrüße € 😀!\n");
  CHECK(elements(R"(["\udbff\udfff\u007f\u0080\u07ff\u0800\uffff"])") ==
        "s\xF4\x8F\xBF\xBF\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\n");
  CHECK(elements(R"(["\u0000"])") == std::string("s\0\n", 3));
}

TEST_CASE("an object is taken apart into keys and values in turn") {
  CHECK(elements("{}") == "");
  CHECK(elements(R"({ "a" : 1,"b":"x" , "c":[{"d":2}]})") == "sa\n#1\nsb\nsx\nsc\nc[{\"d\":2}]\n");
  CHECK(elements(R"({"\u0061:,}":null,"":true})") == "sa:,}\nn\ns\nbtrue\n");
}

TEST_CASE("an element is found again by its position") {
  constexpr std::string_view kText = R"({"a": [1], "b": "x"})";
  JsonCompound first(kText);
  while (first.next()->text != "b") {
  }
  JsonCompound again(kText, first.position());
  CHECK(again.next()->text == "x");
  CHECK(!again.next());
}
