#include "common/shared_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "tests/support/catch.h"

namespace event_consumer {

TEST_CASE("shared memory begins with zero bytes and is the same for all who map it") {
  auto made = SharedMemory::create("test", 100);
  REQUIRE(made);
  CHECK(static_cast<char*>(made->data())[99] == 0);
  auto attached = SharedMemory::attach(dup(made->fd()), 100);
  REQUIRE(attached);
  std::memcpy(made->data(), "word", 5);
  CHECK(std::strcmp(static_cast<char*>(attached->data()), "word") == 0);
}

TEST_CASE("nobody can change the size of shared memory") {
  auto made = SharedMemory::create("test", 100);
  REQUIRE(made);
  CHECK(ftruncate(made->fd(), 10) != 0);
  CHECK(ftruncate(made->fd(), 1000) != 0);
}

TEST_CASE("memory of another size or no memory at all is not attached to") {
  auto made = SharedMemory::create("test", 100);
  REQUIRE(made);
  CHECK_FALSE(SharedMemory::attach(dup(made->fd()), 101));
  CHECK_FALSE(SharedMemory::attach(-1, 100));
}

TEST_CASE("memory without sharing has no descriptor") {
  auto made = SharedMemory::without_sharing(100);
  REQUIRE(made);
  CHECK(made->fd() == -1);
  CHECK(static_cast<char*>(made->data())[99] == 0);
}

}  // namespace event_consumer
