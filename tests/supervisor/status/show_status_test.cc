#include "supervisor/status/show_status.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <iostream>
#include <sstream>
#include <utility>

#include "common/unique_fd.h"
#include "tests/fakes/fake_http_server.h"
#include "tests/support/catch.h"

namespace event_consumer::testing {
namespace {

constexpr char kStatus[] = R"({"instance":"box","workers":[],"alive":true})";

// Standard output that leads to `fd` while this lives; what is said on standard error is dropped.
class OutputTo {
 public:
  explicit OutputTo(UniqueFd fd) : before_((std::cout.flush(), dup(STDOUT_FILENO))) {
    dup2(fd.get(), STDOUT_FILENO);
  }
  ~OutputTo() {
    dup2(before_.get(), STDOUT_FILENO);
    std::cout.clear();
    std::cerr.rdbuf(err_before_);
  }
  OutputTo(const OutputTo&) = delete;
  OutputTo& operator=(const OutputTo&) = delete;

 private:
  UniqueFd before_;
  std::ostringstream err_;
  std::streambuf* err_before_ = std::cerr.rdbuf(err_.rdbuf());
};

UniqueFd pipe_without_reader() {
  signal(SIGPIPE, SIG_IGN);  // as both programs have it
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  close(ends[0]);
  return UniqueFd(ends[1]);
}

UniqueFd full_disk() { return UniqueFd(open("/dev/full", O_WRONLY | O_CLOEXEC)); }

// Of an instance that is gone after three looks.
ExitCode shown(const StatusArguments& arguments, UniqueFd output) {
  int looks = 0;
  const FakeHttpServer server(
      [&](const HttpRequest&) { return foreign_answer(200, ++looks > 3 ? "gone" : kStatus); });
  CommandLine command_line{};
  command_line.status = arguments;
  command_line.resolved.options.status_address = HostPort{"127.0.0.1", server.port()};
  const OutputTo output_to(std::move(output));
  return show_status(command_line);
}

TEST_CASE("show status: ends well when nobody reads any more, also with --watch", "[status]") {
  CHECK(shown({/*watch=*/false, /*json=*/false}, pipe_without_reader()) == ExitCode::kOk);
  CHECK(shown({/*watch=*/true, /*json=*/false}, pipe_without_reader()) == ExitCode::kOk);
  CHECK(shown({/*watch=*/false, /*json=*/true}, pipe_without_reader()) == ExitCode::kOk);
}

TEST_CASE("show status: fails where its output cannot be written", "[status]") {
  CHECK(shown({/*watch=*/false, /*json=*/false}, full_disk()) == ExitCode::kInternal);
  CHECK(shown({/*watch=*/true, /*json=*/false}, full_disk()) == ExitCode::kInternal);
  CHECK(shown({/*watch=*/false, /*json=*/true}, full_disk()) == ExitCode::kInternal);
}

}  // namespace
}  // namespace event_consumer::testing
