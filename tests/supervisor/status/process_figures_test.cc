#include "supervisor/status/process_figures.h"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>

#include "common/unique_fd.h"
#include "tests/support/catch.h"

namespace event_consumer {

TEST_CASE("process figures: those of this process") {
  const auto before = read_process(getpid());
  REQUIRE(before);
  // A sanitizer's shadow is resident, too.
  CHECK(before->resident_bytes > 1e6);
  CHECK(before->resident_bytes < 100e9);
  const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
  CHECK(before->started_at_unix_seconds <= now.count() + 1);
  CHECK(before->started_at_unix_seconds > now.count() - 24 * 3600);

  const UniqueFd one(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const UniqueFd two(open("/dev/null", O_RDONLY | O_CLOEXEC));
  auto after = read_process(getpid());
  REQUIRE(after);
  CHECK(after->open_fds == before->open_fds + 2);
  CHECK(after->started_at_unix_seconds == before->started_at_unix_seconds);
  while (after && after->cpu_seconds <= before->cpu_seconds) after = read_process(getpid());
  CHECK(after);
}

TEST_CASE("process figures: a process that is not there has none") {
  CHECK_FALSE(read_process(0));
  CHECK_FALSE(read_process(-1));
}

}  // namespace event_consumer
