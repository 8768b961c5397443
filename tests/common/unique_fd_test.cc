#include "common/unique_fd.h"

#include <fcntl.h>

#include "tests/support/catch.h"

namespace event_consumer {
namespace {

int open_one() { return open("/dev/null", O_RDONLY | O_CLOEXEC); }
bool is_open(int fd) { return fcntl(fd, F_GETFD) >= 0; }

TEST_CASE("unique fd: closes what it owns", "[unique_fd]") {
  const int fd = open_one();
  {
    const UniqueFd owner(fd);
    CHECK(owner.get() == fd);
    CHECK(static_cast<bool>(owner));
    CHECK(is_open(fd));
  }
  CHECK_FALSE(is_open(fd));
}

TEST_CASE("unique fd: owns nothing at first", "[unique_fd]") {
  const UniqueFd nothing;
  CHECK_FALSE(static_cast<bool>(nothing));
  CHECK(nothing.get() == -1);
}

TEST_CASE("unique fd: moving hands the descriptor over", "[unique_fd]") {
  const int fd = open_one();
  UniqueFd from(fd);
  UniqueFd to(std::move(from));
  CHECK(to.get() == fd);
  CHECK_FALSE(static_cast<bool>(from));  // NOLINT: what is left is specified
  CHECK(is_open(fd));
}

TEST_CASE("unique fd: assignment closes what was there", "[unique_fd]") {
  const int first = open_one();
  const int second = open_one();
  UniqueFd owner(first);
  owner = UniqueFd(second);
  CHECK_FALSE(is_open(first));
  CHECK(is_open(second));
  owner.reset();
  CHECK_FALSE(is_open(second));
  CHECK_FALSE(static_cast<bool>(owner));
}

TEST_CASE("unique fd: assigned to itself it stays open", "[unique_fd]") {
  UniqueFd owner(open_one());
  UniqueFd& same = owner;
  owner = std::move(same);
  CHECK(is_open(owner.get()));
}

}  // namespace
}  // namespace event_consumer
