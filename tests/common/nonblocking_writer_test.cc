#include "common/nonblocking_writer.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>

#include "tests/common/temporary_file.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

constexpr int kMost = 100'000;  // lines, which is more than any of these take

struct Ends {
  UniqueFd reader;
  UniqueFd writer;
};

Ends make_pipe() {
  std::array<int, 2> ends;
  REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
  REQUIRE(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

std::string line(int number, std::size_t size = 100) {
  std::string text = std::to_string(number) + ' ';
  return text + std::string(size - text.size() - 1, 'x') + '\n';
}

std::string read_all(int fd) {
  std::string text;
  std::array<char, 4096> part;
  for (ssize_t count; (count = read(fd, part.data(), part.size())) > 0;)
    text.append(part.data(), static_cast<std::size_t>(count));
  return text;
}

// Writes until nothing more is taken, and returns the lines that were.
std::string fill(NonblockingWriter& writer, std::size_t size = 100) {
  std::string taken;
  for (int i = 0; i < kMost; ++i) {
    const int error = writer.write(line(i, size));
    if (error != 0) {
      CHECK(error == EAGAIN);
      return taken;
    }
    taken += line(i, size);
  }
  FAIL("it took everything");
  return taken;
}

}  // namespace

TEST_CASE("nonblocking writer: a full pipe is not waited for, nor is its mode changed",
          "[nonblocking_writer]") {
  const Ends pipe = make_pipe();
  NonblockingWriter writer(pipe.writer.get());
  const std::string taken = fill(writer);
  CHECK((fcntl(pipe.writer.get(), F_GETFL) & O_NONBLOCK) == 0);
  CHECK(read_all(pipe.reader.get()) == taken);
  CHECK(writer.write("next\n") == 0);
  CHECK(read_all(pipe.reader.get()) == "next\n");
}

TEST_CASE("nonblocking writer: of a line that fits half the end goes first when there is room",
          "[nonblocking_writer]") {
  const Ends pipe = make_pipe();
  NonblockingWriter writer(pipe.writer.get());
  const std::string taken = fill(writer, 10'000);
  std::string read = read_all(pipe.reader.get());
  CHECK(read.size() < taken.size());
  CHECK(writer.write("next\n") == 0);
  CHECK(read + read_all(pipe.reader.get()) == taken + "next\n");
}

TEST_CASE("nonblocking writer: a socket that nobody reads is not waited for",
          "[nonblocking_writer]") {
  std::array<int, 2> ends;
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  UniqueFd reader(ends[0]);
  const UniqueFd end(ends[1]);
  NonblockingWriter writer(end.get());
  fill(writer);
  reader.reset();
  CHECK(writer.write("next\n") == EPIPE);
}

TEST_CASE("nonblocking writer: a pipe that cannot be opened again is not waited for",
          "[nonblocking_writer]") {
  const testing::TemporaryFile file("");
  const std::string path = file.path();
  unlink(path.c_str());
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  UniqueFd reader(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  const UniqueFd end(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  reader.reset();  // without a reader, another open fails
  NonblockingWriter writer(end.get());
  reader.reset(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  const std::string taken = fill(writer);
  CHECK(read_all(reader.get()) == taken);
  CHECK(writer.write("next\n") == 0);
}

}  // namespace event_consumer
