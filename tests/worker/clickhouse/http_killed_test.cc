// What a server sees of a post whose process is killed in the middle of it.
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "tests/fakes/fake_http_server.h"
#include "tests/support/catch.h"
#include "worker/clickhouse/clickhouse_http.h"

namespace event_consumer {
namespace {

// Reads to the end and returns how it came: 0 for an orderly close, else the error.
int end_of(int connection) {
  std::array<char, 65536> buffer;
  ssize_t count;
  do {
    count = recv(connection, buffer.data(), buffer.size(), 0);
  } while (count > 0);
  return count == 0 ? 0 : errno;
}

// An orderly close would make an old server store the rows that it has (seen on ClickHouse 18.16).
TEST_CASE("http: a process killed in the middle of a post leaves a reset", "[http]") {
  const testing::LoopbackListener listener;
  const std::string rows(64 << 20, 'x');  // more than the sockets' buffers hold
  const pid_t child = fork();
  if (child == 0) {
    ClickHouseHttp http({"127.0.0.1", listener.port(), "default", "", std::chrono::seconds(20)});
    http.post({}, "", rows);
    _exit(0);
  }
  REQUIRE(child > 0);
  const UniqueFd connection = listener.accept();
  pollfd some{connection.get(), POLLIN, 0};
  CHECK(poll(&some, 1, 20'000) == 1);
  kill(child, SIGKILL);
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  CHECK(end_of(connection.get()) == ECONNRESET);
}

}  // namespace
}  // namespace event_consumer
