#include "worker/encode/json_event.h"

#include "common/utf8.h"
#include "tests/support/catch.h"

using namespace event_consumer;

namespace {

using Kind = JsonValue::Kind;

// Reads all events of a body into the columns a and b. Keeps the body, which the values may point
// into, in a buffer of exactly its size, so that a sanitizer sees any byte read beyond it.
class Reading {
 public:
  explicit Reading(std::string_view body) : body_(body.begin(), body.end()) {
    rejection = event_.read({body_.data(), body_.size()});
    while (!rejection && event_.has_next()) rejection = event_.read_next();
  }
  const JsonValue& a() const { return event_.values()[0]; }
  const JsonValue& b() const { return event_.values()[1]; }

  std::optional<Rejection> rejection;

 private:
  std::vector<char> body_;
  mutable JsonEvent event_{{"a", "b"}};
};

std::string why(std::string_view body) {
  const Reading reading(body);
  return reading.rejection ? std::string(slug(reading.rejection->reason)) : "";
}
std::string error(std::string_view body) {
  const Reading reading(body);
  return reading.rejection ? reading.rejection->error : "";
}

// The text of the one string in `{"a":"…"}`.
std::string unescaped(const std::string& text) {
  const Reading reading("{\"a\":\"" + text + "\"}");
  REQUIRE(!reading.rejection);
  REQUIRE(reading.a().kind == Kind::kString);
  return std::string(reading.a().text);
}

void check_value(const std::string& json, Kind kind, const std::string& text) {
  for (const std::string& body :
       {"{\"a\":" + json + "}", "{ \"x\" : 1, \"a\" :\t" + json + "\n }"}) {
    const Reading reading(body);
    CAPTURE(body);
    REQUIRE(!reading.rejection);
    CHECK(reading.a().kind == kind);
    CHECK(reading.a().text == text);
    CHECK(reading.b().kind == Kind::kAbsent);
  }
}

std::string repeat(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("each kind of value is told apart") {
  check_value("null", Kind::kNull, "");
  check_value("true", Kind::kBool, "true");
  check_value("false", Kind::kBool, "false");
  check_value("\"\"", Kind::kString, "");
  check_value("\"text\"", Kind::kString, "text");
  check_value("[]", Kind::kCompound, "[]");
  check_value("{}", Kind::kCompound, "{}");
  check_value(R"({"a": [1, "x\n", {"b":null}]})", Kind::kCompound,
              R"({"a": [1, "x\n", {"b":null}]})");
  check_value(R"([[], "]" ,2 ])", Kind::kCompound, R"([[], "]" ,2 ])");
}

TEST_CASE("numbers keep their text") {
  for (const std::string text :
       {"0", "-0", "7", "10", "-1.50", "0.0", "1e5", "1E+5", "1.25e-07", "18446744073709551616",
        "3.14159265358979323846264338327950288", "1e400", "-1e99999999999", "1e-400"}) {
    check_value(text, Kind::kNumber, text);
  }
  check_value(std::string(5000, '9'), Kind::kNumber, std::string(5000, '9'));
}

TEST_CASE("what JSON does not call a number is refused") {
  for (const std::string text : {"-", "+1", ".5", "5.", "01", "-01", "1e", "1e+", "1.e5", "0x10",
                                 "NaN", "Infinity", "-Infinity", "1_000", "1..2", "--1", "1e5e5"}) {
    CAPTURE(text);
    CHECK(why("{\"a\":" + text + "}") == "not_json");
    CHECK(why("{\"unused\":" + text + "}") == "not_json");
  }
}

TEST_CASE("strings are unescaped") {
  CHECK(unescaped(R"(\"\\\/\b\f\n\r\t)") == "\"\\/\b\f\n\r\t");
  CHECK(unescaped(R"(gr\u00fc\u00DFe \u4e16\u754c)") == "grüße 世界");
  CHECK(unescaped(R"(\ud83d\ude00!)") == "😀!");
  CHECK(unescaped(R"(\udbff\udfff\ud800\udc00)") == "\xF4\x8F\xBF\xBF\xF0\x90\x80\x80");
  CHECK(unescaped(R"(\ud7ff\ue000\uffff)") == "\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF");
  CHECK(unescaped(R"(a\u0000b)") == std::string("a\0b", 3));
  CHECK(unescaped("raw grüße 世界 😀 \x7f") == "raw grüße 世界 😀 \x7f");
  CHECK(unescaped(R"(\u005c\u0022)") == "\\\"");
}

TEST_CASE("strings of any length and any place of an escape are unescaped") {
  for (std::size_t length : {0, 1, 7, 8, 9, 63, 64, 65}) {
    const std::string x(length, 'x');
    CHECK(unescaped(x) == x);
    CHECK(unescaped("\\n" + x) == "\n" + x);
    CHECK(unescaped(x + "\\n") == x + "\n");
    CHECK(unescaped(x + "\\u00fc" + x + "\\ud83d\\ude00" + x) == x + "ü" + x + "😀" + x);
  }
  const std::string big(70000, 'x');
  CHECK(unescaped(big) == big);
  CHECK(unescaped(big + "\\t" + big) == big + "\t" + big);
  CHECK(unescaped(repeat("\\u00fc", 50000)) == repeat("ü", 50000));
}

TEST_CASE("bad strings are refused") {
  CHECK(why(R"({"a":"\x"})") == "not_json");
  CHECK(why(R"({"a":"\u12g4"})") == "not_json");
  CHECK(why(R"({"a":"\u123"})") == "not_json");
  CHECK(why(R"({"a":"open)") == "not_json");
  CHECK(why(R"({"a":"open\)") == "not_json");
  CHECK(why(R"({"a":"open\u)") == "not_json");
  CHECK(why("{\"a\":\"raw\nline\"}") == "not_json");
  CHECK(why("{\"a\":\"raw\x1f\"}") == "not_json");
  CHECK(why(std::string_view("{\"a\":\"raw\0\"}", 12)) == "not_json");
}

TEST_CASE("half a surrogate pair is refused wherever it stands") {
  for (const std::string half :
       {R"(\udc00)", R"(\uDFFF)", R"(\ud800)", R"(\udbff)", R"(\ud83dx)", R"(\ud83d\n)",
        R"(\ud83d\ud83d)", R"(\ud83d\u0041)", R"(\ude00\ud83d)", R"(\ud83d\ude00\ude00)"}) {
    CAPTURE(half);
    CHECK(why("{\"a\":\"" + half + "\"}") == "invalid_utf8");
    CHECK(why("{\"unused\":\"" + half + "\"}") == "invalid_utf8");
    CHECK(why("{\"" + half + "\":1}") == "invalid_utf8");
    CHECK(why("{\"x\":[{\"" + half + "\":\"\"}]}") == "invalid_utf8");
  }
  CHECK(error(R"({"a":"x\udc00"})") == "half a surrogate pair at byte 7");
  CHECK(error(R"({"a":"x\ud83d"})") == "half a surrogate pair at byte 7");
}

TEST_CASE("invalid UTF-8 is refused as such wherever it stands") {
  CHECK(why("{\"a\":\"\xff\"}") == "invalid_utf8");
  CHECK(why("{\"unused\":\"\xc3\"}") == "invalid_utf8");
  CHECK(why("{\"\xed\xa0\x80\":1}") == "invalid_utf8");
  CHECK(why("{\"a\":1}\xff") == "invalid_utf8");
  CHECK(why("\xff\xfe{\0}\0") == "invalid_utf8");
  CHECK(why("no JSON, \x80") == "invalid_utf8");
  CHECK(error("{\"a\":\"\xff\"}") == "invalid UTF-8 at byte 6");
}

TEST_CASE("what is no UTF-8 is no key, neither one that is looked for nor an unknown one") {
  for (const char* body : {"{\"\xff\":1}", "{\"x\xc2\":1}", R"({"\udc00":1})", "{} {\"\xff\":1}"}) {
    CAPTURE(body);
    JsonEvent event({});
    auto rejection = event.read(body);
    if (!rejection && event.has_next()) rejection = event.read_next();
    REQUIRE(rejection);
    CHECK(rejection->reason == Reason::kInvalidUtf8);
    for (const std::string& name : event.unknown_keys().take_new_names())
      CHECK(find_invalid_utf8(name) == std::string::npos);
  }
}

TEST_CASE("a body of another format is called by its name") {
  CHECK(error("\x1f\x8b\x08") == "the body is compressed with gzip");
  CHECK(error("\x28\xb5\x2f\xfd") == "the body is compressed with zstd");
  CHECK(error(std::string_view("\xff\xfe{\0", 4)) == "the body is UTF-16");
  CHECK(error("{\"a\":\"x\ny\"}") ==
        "a control character in a string that is not escaped at byte 7");
  CHECK(error("{\"a\":\"\\x\"}") == "Invalid escape character in string at byte 6");
}

TEST_CASE("a byte order mark of UTF-8 before the event is skipped, elsewhere it is no JSON") {
  const std::string mark = "\xef\xbb\xbf";
  const Reading reading(mark + R"({"a":1,"b":[2]})");
  REQUIRE(!reading.rejection);
  CHECK(reading.a().text == "1");
  CHECK(reading.b().text == "[2]");
  CHECK(error(mark + "{\"a\" 1}") == "Missing a colon after a name of object member at byte 8");
  CHECK(why(mark + mark + "{}") == "not_json");
  CHECK(why("{}" + mark) == "not_json");
  CHECK(why(mark) == "not_json");
  CHECK(why("\xef\xbb{}") == "invalid_utf8");
}

TEST_CASE("a key in another case counts unless the column's own name is there") {
  CHECK(Reading(R"({"A":1})").a().text == "1");
  CHECK(Reading(R"({"A":1,"a":2})").a().text == "2");
  CHECK(Reading(R"({"a":2,"A":1})").a().text == "2");
  CHECK(Reading(R"({"a":null,"A":1})").a().kind == Kind::kNull);
}

TEST_CASE("keys are matched on the first level") {
  const Reading reading(R"({"a ":2,"aa":3,"":4,"x":{"a":5},"y":[{"b":6}],"\u0062":7})");
  REQUIRE(!reading.rejection);
  CHECK(reading.a().kind == Kind::kAbsent);
  CHECK(reading.b().text == "7");
}

TEST_CASE("of a doubled key the last counts") {
  const auto last = [](const char* body) { return Reading(body).a().kind; };
  CHECK(Reading(R"({"a":1,"a":"two"})").a().text == "two");
  CHECK(Reading(R"({"a":1,"b":2,"a":3,"b":4})").a().text == "3");
  CHECK(last(R"({"a":1,"a":null})") == Kind::kNull);
  CHECK(last(R"({"a":null,"a":1})") == Kind::kNumber);
  CHECK(last(R"({"a":[1],"a":true})") == Kind::kBool);
  CHECK(last(R"({"a":true,"a":[1]})") == Kind::kCompound);
}

TEST_CASE("unknown keys are skipped with whatever they hold") {
  const Reading reading(R"({"x":{"a":[1,{"b":2}]},"a":1,"y":"s","z":null,"b":2,"w":[[],{}]})");
  REQUIRE(!reading.rejection);
  CHECK(reading.a().text == "1");
  CHECK(reading.b().text == "2");
}

TEST_CASE("nothing is left over from the event before") {
  JsonEvent event({"a", "b"});
  REQUIRE(!event.read(R"({"a":"a long string of the first event","b":2})"));
  REQUIRE(!event.read(R"({"b":"x"})"));
  CHECK(event.values()[0].kind == Kind::kAbsent);
  CHECK(event.values()[1].text == "x");
  REQUIRE(event.read(R"({"a":1,)"));
  REQUIRE(!event.read("{}"));
  CHECK(event.values()[0].kind == Kind::kAbsent);
  REQUIRE(event.read(R"({"x":[[[[)"));
  JsonEvent moved = std::move(event);
  REQUIRE(!moved.read(R"({"b":1,"a":2})"));
  CHECK(moved.values()[0].text == "2");
}

// The values of a, a space between those of two events; or why the body is refused, and where.
std::string events_in(std::string_view body) {
  JsonEvent event({"a", "b"});
  std::string values;
  auto rejection = event.read(body);
  while (!rejection) {
    values += (values.empty() ? "" : " ") + std::string(event.values()[0].text);
    if (!event.has_next()) return values;
    rejection = event.read_next();
  }
  return std::string(slug(rejection->reason)) + " " + std::to_string(event.position()) + ": " +
         rejection->error;
}

TEST_CASE("a body may hold several events") {
  for (const char* body :
       {R"([{"a":1},{"a":"x\ny"},{"a":[2]}])", R"( [ {"a":1} ,
  {"a":"x\ny"}, {"a":[2]} ]
)",
        R"({"a":1}{"a":"x\ny"}{"a":[2]})", "{\"a\":1}\n{\"a\":\"x\\ny\"}\r\n\n{\"a\":[2]}\n"}) {
    CAPTURE(body);
    CHECK(events_in(body) == "1 x\ny [2]");
  }
  CHECK(events_in(R"([{"a":7}])") == "7");
  CHECK(events_in(R"([{"a":7},{"b":7}])") == "7 ");
  JsonEvent event({"a", "b"});
  for (const auto& [body, has_others] : {std::pair(R"({"a":7})", false),
                                         {R"([{"a":7}])", false},
                                         {R"([{"a":7},{}])", true},
                                         {R"({"a":7}{})", true}}) {
    REQUIRE(!event.read(body));
    CHECK(event.has_others() == has_others);
  }
}

TEST_CASE("a body without events, or with what is none, says which") {
  CHECK(events_in("[]") == "no_events 0: the array has no events");
  CHECK(events_in(" [ \n ] ") == "no_events 0: the array has no events");
  CHECK(events_in("[1]") == "not_an_object 0: no JSON object at byte 1");
  CHECK(events_in(R"([{"a":1},[{"a":2}]])") == "not_an_object 1: no JSON object at byte 9");
  CHECK(events_in(R"([{"a":1},null])") == "not_an_object 1: no JSON object at byte 9");
  CHECK(events_in(R"({"a":1} 5)") == "not_an_object 1: no JSON object at byte 8");
  CHECK(events_in(R"({"a":1} [{"a":1}])") == "not_an_object 1: no JSON object at byte 8");
  CHECK(events_in(R"([{"a":1},])") == "not_json 1: no JSON object at byte 9");
  CHECK(events_in(R"([{"a":1}{"a":2}])") ==
        "not_json 1: a comma or ] is missing after the event before at byte 8");
  CHECK(events_in(R"([{"a":1},{"a":2})") ==
        "not_json 2: a comma or ] is missing after the event before at byte 16");
  CHECK(events_in(R"([{"a":1}] {"a":2})") == "not_json 1: something follows the array at byte 10");
  CHECK(events_in("[] []") == "not_json 0: something follows the array at byte 3");
  CHECK(events_in("{},{}") == "not_json 1: no JSON object at byte 2");
  CHECK(events_in("[{},{\"a\":tru}]") == "not_json 1: Invalid value at byte 12");
  CHECK(events_in("[{},{\"a\":\"\xff\"}]") == "invalid_utf8 1: invalid UTF-8 at byte 10");
  CHECK(events_in("[{}\xff]") == "invalid_utf8 1: invalid UTF-8 at byte 3");
  CHECK(events_in("[{}] \xff") == "invalid_utf8 1: invalid UTF-8 at byte 5");
  CHECK(events_in("{} {\"\\udc00\":1} {}") == "invalid_utf8 1: half a surrogate pair at byte 5");
}

TEST_CASE("the body is one object and nothing else") {
  CHECK(why("{}") == "");
  CHECK(why(" \t\r\n{ } \n") == "");
  for (const char* body : {"\"text\"", "1", "null", "true", " -1.5 "}) {
    CAPTURE(body);
    CHECK(why(body) == "not_an_object");
    CHECK(error(body) == "the body is not a JSON object");
  }
  for (const char* body :
       {"",           " ",          "{",           "{\"a\"",      "{\"a\":",      "{\"a\":1",
        "{\"a\":1,",  "{\"a\":1,}", "{,}",         "{a:1}",       "{'a':1}",      "{\"a\":[1,]}",
        "{\"a\":[1}", "{\"a\" 1}",  "{1:2}",       "{}}",         "{} x",         "{},",
        "}",          "hello",      "{\"a\":tru}", "{\"a\":nul}", "{\"a\":True}", "{\"a\":1}//c",
        "/**/{}",     "{\xC2\xA0}"}) {
    CAPTURE(body);
    CHECK(why(body) == "not_json");
  }
}

TEST_CASE("an error of JSON says what and where") {
  CHECK(error("") == "The document is empty at byte 0");
  CHECK(error("{\"a\":1 \"b\":2}") == "Missing a comma or '}' after an object member at byte 7");
  CHECK(error("{\"a\":\"\\u00fc\", b}") == "Missing a name for object member at byte 15");
}

TEST_CASE("a NUL byte ends no body") {
  const auto with_nul = [](const std::string& before, const std::string& after) {
    return why(before + std::string(1, '\0') + after);
  };
  CHECK(with_nul("{}", "") == "not_json");
  CHECK(with_nul("{\"a\":1}", "junk") == "not_json");
  CHECK(with_nul("{\"a\":1} ", "{}") == "not_json");
  CHECK(with_nul("", "{}") == "not_json");
  CHECK(with_nul("{", "}") == "not_json");
  CHECK(with_nul("{\"a\":1", "}") == "not_json");
  CHECK(with_nul("{\"a\":\"x", "y\"}") == "not_json");
  CHECK(with_nul("{\"a\":1}", std::string(100, '\0')) == "not_json");
}

TEST_CASE("nesting has its limit") {
  const auto nested = [](int levels) {  // the event itself is one of them
    return "{\"a\":" + repeat("[", levels - 1) + repeat("]", levels - 1) + "}";
  };
  CHECK(why(nested(kMaximumDepth)) == "");
  CHECK(why(nested(kMaximumDepth + 1)) == "too_deep");
  CHECK(error(nested(kMaximumDepth + 1)) == "nested deeper than 64 levels at byte 68");
  CHECK(why("{\"x\":" + repeat("[", 1000000)) == "too_deep");
  CHECK(why(repeat("{\"a\":", 1000000)) == "too_deep");
  CHECK(why(repeat("[", 1000000)) == "not_an_object");
  CHECK(why("[" + nested(kMaximumDepth) + "]") == "");
  CHECK(why("{\"x\":[" + repeat("[],", 100000) + "[]]}") == "");
}

TEST_CASE("every prefix of an event is refused, and read within its bounds") {
  const std::string body =
      R"({"a":"gr\u00fc\ud83d\ude00 x","x":[1.5e3,true,null,{"y":-0}],"b":12})";
  for (std::size_t length = 0; length < body.size(); ++length) {
    CAPTURE(length);
    CHECK(why(body.substr(0, length)) != "");
  }
  CHECK(why(body) == "");
}
