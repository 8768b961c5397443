#include "supervisor/find_worker.h"

#include <filesystem>

#include "tests/supervisor/process_tools.h"
#include "tests/support/catch.h"

namespace event_consumer::testing {
namespace {

TEST_CASE("find worker: the first directory that has it", "[find_worker]") {
  PrivateDirectory first;
  PrivateDirectory second;
  const std::string in_second = second.write_script("event-consumer-worker", "");
  CHECK(find_worker_in({first.path(), second.path()}).value() == in_second);
  const std::string in_first = first.write_script("event-consumer-worker", "");
  CHECK(find_worker_in({first.path(), second.path()}).value() == in_first);
}

TEST_CASE("find worker: a directory of that name or a plain file is not it", "[find_worker]") {
  PrivateDirectory first;
  PrivateDirectory second;
  std::filesystem::create_directory(first / "event-consumer-worker");
  std::filesystem::permissions(second.write_script("event-consumer-worker", ""),
                               std::filesystem::perms::owner_read);
  const Result<std::string> found = find_worker_in({first.path(), second.path()});
  REQUIRE_FALSE(found);
  CHECK(found.error().kind == ErrorKind::kInternal);
  CHECK(found.error().message.find(first / "event-consumer-worker") != std::string::npos);
  CHECK(found.error().message.find(second / "event-consumer-worker") != std::string::npos);
}

TEST_CASE("find worker: is found under another PREFIX than that of the build", "[find_worker]") {
  using Directories = std::vector<std::string>;
  CHECK(worker_directories("/opt/events/sbin/event-consumer") ==
        Directories{"/opt/events/sbin", "/opt/events/libexec/event-consumer",
                    EVENT_CONSUMER_LIBEXECDIR});
  const std::filesystem::path prefix =
      std::filesystem::path(EVENT_CONSUMER_LIBEXECDIR).parent_path().parent_path();
  CHECK(worker_directories(prefix / "sbin/event-consumer") ==
        Directories{prefix / "sbin", EVENT_CONSUMER_LIBEXECDIR});
}

TEST_CASE("find worker: looks beside the executable and where it is installed", "[find_worker]") {
  const std::string beside =
      std::filesystem::read_symlink("/proc/self/exe").parent_path() / "event-consumer-worker";
  const std::string installed = EVENT_CONSUMER_LIBEXECDIR "/event-consumer-worker";
  const Result<std::string> found = find_worker();
  if (found) {
    CHECK(found.value() == (std::filesystem::exists(beside) ? beside : installed));
  } else {
    CHECK(found.error().message.find(beside) != std::string::npos);
    CHECK(found.error().message.find(installed) != std::string::npos);
  }
}

}  // namespace
}  // namespace event_consumer::testing
