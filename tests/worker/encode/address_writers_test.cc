#include "tests/worker/encode/writing.h"

using namespace event_consumer;
using namespace event_consumer::testing;

TEST_CASE("a UUID is two numbers, the higher half first") {
  const std::string bytes("\xe7\x11\xb3\x5c\x04\xc4\xf0\x61\xa0\xdb\xd3\x6a\x00\xa6\x7b\x90", 16);
  CHECK(quoted("UUID", "61f0c404-5cb3-11e7-907b-a6006ad3dba0") == bytes);
  CHECK(quoted("UUID", "61F0C404-5CB3-11E7-907B-A6006AD3DBA0") == bytes);
  CHECK(quoted("UUID", "61f0c4045cb311e7907ba6006ad3dba0") == bytes);
  for (const char* text :
       {"", "x", "61f0c404-5cb3-11e7-907b-a6006ad3dba", "61f0c404-5cb3-11e7-907b-a6006ad3dba00",
        "61f0c404x5cb3-11e7-907b-a6006ad3dba0", "61f0c404-5cb3-11e7-907b-a6006ad3dbag",
        "{61f0c404-5cb3-11e7-907b-a6006ad3dba0}", "61f0c40-45cb3-11e7-907b-a6006ad3dba0",
        "@1f0c404-5cb3-11e7-907b-a6006ad3dba0", "61f0c4045cb311e7907ba6006ad3db`0"}) {
    CAPTURE(text);
    CHECK(quoted("UUID", text) == "bad");
  }
  CHECK(number("UUID", "61040450311079070600630000000000") == "bad");
}

TEST_CASE("an IPv4 is a number") {
  CHECK(quoted("IPv4", "1.2.3.4") == u32(0x01020304));
  CHECK(quoted("IPv4", "0.0.0.0") == u32(0));
  CHECK(quoted("IPv4", "255.255.255.255") == u32(0xffffffff));
  CHECK(quoted("IPv4", "01.2.3.004") == u32(0x01020304));
  for (const char* text : {"", "256.1.1.1", "1.2.3", "1.2.3.", "1..3.4", "1.2.3.4.5", "1.2.3.4 ",
                           "::1", "16909060", "1.2.3.-4", "1.2.3.99999999999999999999"}) {
    CAPTURE(text);
    CHECK(quoted("IPv4", text) == "bad");
  }
  CHECK(quoted("IPv4", std::string_view("1.2.3.4\0", 8)) == "bad");
  CHECK(number("IPv4", "16909060") == "bad");
}

TEST_CASE("an IPv6 is 16 bytes, an IPv4 in it mapped") {
  CHECK(quoted("IPv6", "::") == std::string(16, '\0'));
  CHECK(quoted("IPv6", "::1") == std::string(15, '\0') + "\1");
  CHECK(quoted("IPv6", "2001:DB8::ff00:42:8329") ==
        std::string("\x20\x01\x0d\xb8\0\0\0\0\0\0\xff\0\0\x42\x83\x29", 16));
  CHECK(quoted("IPv6", "1:2:3:4:5:6:7::") == std::string("\0\1\0\2\0\3\0\4\0\5\0\6\0\7\0\0", 16));
  const std::string mapped("\0\0\0\0\0\0\0\0\0\0\xff\xff\1\2\3\4", 16);
  CHECK(quoted("IPv6", "1.2.3.4") == mapped);
  CHECK(quoted("IPv6", "::ffff:1.2.3.4") == mapped);
  for (const char* text : {"", "x", ":1", "1:", "1::2::3", "12345::", "1:2:3:4:5:6:7:8:9",
                           "1:2:3:4:5:6:7", "::1%eth0", "[::1]", "::1 ", "1.2.3.256", "::1.2.3",
                           "1111:1111:1111:1111:1111:1111:1111:1111:1111:1111"}) {
    CAPTURE(text);
    CHECK(quoted("IPv6", text) == "bad");
  }
  CHECK(quoted("IPv6", std::string_view("::1\0", 4)) == "bad");
  CHECK(number("IPv6", "1") == "bad");
}
