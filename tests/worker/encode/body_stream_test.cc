#include "worker/encode/body_stream.h"

#include <string>

#include "tests/support/catch.h"

using namespace event_consumer;

TEST_CASE("a plain run ends at a quotation mark, a backslash or a control character") {
  for (int byte = 0; byte < 256; ++byte) {
    const bool ends = byte < 0x20 || byte == '"' || byte == '\\';
    for (std::size_t before = 0; before < 20; ++before) {
      // What follows the byte must not move its place: 0x80 and 0x21 are next to the bounds.
      for (const char after : {'\x80', '\x21', '"', '\0', '\xFF'}) {
        std::string text(before, 'x');
        text += static_cast<char>(byte);
        text += std::string(3, after);
        text += '"';
        text.append(BodyStream::kPadding, '\0');
        const std::size_t next = after == '"' || after == '\0' ? before + 1 : before + 4;
        CAPTURE(byte, before, after);
        REQUIRE(plain_run(text.data()) == (ends ? before : next));
      }
    }
  }
}

TEST_CASE("a plain run after an escape is moved to its place") {
  std::string text = "ab\\ncdefghijklmnop\"";
  text.append(BodyStream::kPadding, '\0');
  BodyStream stream(text.data());
  char* const begin = stream.PutBegin();
  stream.move_plain_run();
  CHECK(stream.Tell() == 2);
  stream.Take();
  stream.Take();
  stream.Put('\n');
  stream.move_plain_run();
  CHECK(stream.Peek() == '"');
  CHECK(std::string(begin, stream.PutEnd(begin)) == "ab\ncdefghijklmnop");
}

TEST_CASE("the first lone surrogate is remembered") {
  std::string text = "xx\\udc00\\udc00";
  text.append(BodyStream::kPadding, '\0');
  BodyStream stream(text.data());
  CHECK(!stream.lone_surrogate());
  for (int i = 0; i < 8; ++i) stream.Take();
  stream.note_lone_surrogate();
  for (int i = 0; i < 6; ++i) stream.Take();
  stream.note_lone_surrogate();
  CHECK(stream.lone_surrogate() == 2u);
}
