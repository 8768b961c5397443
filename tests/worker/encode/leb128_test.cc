#include "worker/encode/leb128.h"

#include "tests/support/catch.h"

using namespace event_consumer;

TEST_CASE("LEB128: seven bits a byte, the lowest first") {
  CHECK(Leb128(0).view() == std::string_view("\0", 1));
  CHECK(Leb128(0x7F).view() == "\x7F");
  CHECK(Leb128(0x80).view() == "\x80\x01");
  CHECK(Leb128(300).view() == "\xAC\x02");
  CHECK(Leb128(0xFFFFFFFFFFFFFFFF).view() == "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01");
}
