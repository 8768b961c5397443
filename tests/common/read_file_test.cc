#include "common/read_file.h"

#include "tests/common/temporary_file.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

TEST_CASE("read file: all bytes, or none", "[read_file]") {
  for (const std::string& content : {std::string(), std::string("a\r\nb\0c", 6)}) {
    const testing::TemporaryFile file(content);
    auto read = read_file(file.path());
    REQUIRE(read.ok());
    CHECK(*read == content);
  }
}

TEST_CASE("read file: the error says why", "[read_file]") {
  const auto why = [](const std::string& path) { return read_file(path).error().message; };
  CHECK(why("/nowhere/at/all") == "No such file or directory");
  CHECK(why("/") == "Is a directory");
}

}  // namespace
}  // namespace event_consumer
