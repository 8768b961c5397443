#include "common/ledger_file.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "tests/supervisor/process_tools.h"
#include "tests/support/catch.h"

namespace event_consumer {

using testing::PrivateDirectory;

namespace {

constexpr off_t kBehindLabel = kLedgerLabelBytes;

UniqueFd opened(const PrivateDirectory& directory) {
  auto file = open_ledger_file(directory.path());
  REQUIRE(file);
  return std::move(*file);
}

bool has_word(const UniqueFd& fd) {
  char word[4] = {};
  return pread(fd.get(), word, sizeof word, kBehindLabel) == 4 &&
         std::string(word, sizeof word) == "word";
}

ErrorKind kind_of_failure(const std::string& directory, std::string& message) {
  const auto file = open_ledger_file(directory);
  REQUIRE_FALSE(file);
  message = file.error().message;
  return file.error().kind;
}

}  // namespace

TEST_CASE("ledger file: what was written is there when it is opened again", "[ledger_file]") {
  const PrivateDirectory directory;
  REQUIRE(pwrite(opened(directory).get(), "word", 4, kBehindLabel) == 4);
  CHECK(has_word(opened(directory)));
  struct stat status;
  REQUIRE(stat((directory.path() + "/ledger").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("ledger file: what another version, or another boot, has written counts for nothing",
          "[ledger_file]") {
  const PrivateDirectory directory;
  {
    const UniqueFd file = opened(directory);
    REQUIRE(pwrite(file.get(), "word", 4, kBehindLabel) == 4);
    REQUIRE(pwrite(file.get(), "E", 1, 0) == 1);
  }
  CHECK_FALSE(has_word(opened(directory)));
  CHECK_FALSE(has_word(opened(directory)));
}

TEST_CASE("ledger file: it is in use until the last who has inherited it is gone",
          "[ledger_file]") {
  const PrivateDirectory directory;
  std::string message;
  UniqueFd heir;
  {
    const UniqueFd file = opened(directory);
    heir = UniqueFd(dup(file.get()));
    CHECK(kind_of_failure(directory.path(), message) == ErrorKind::kUnavailable);
  }
  CHECK(kind_of_failure(directory.path(), message) == ErrorKind::kUnavailable);
  CHECK(message.find(directory.path() + "/ledger is in use") != std::string::npos);
  heir = UniqueFd();
  opened(directory);
}

TEST_CASE("ledger file: who is about to be gone is waited for", "[ledger_file]") {
  const PrivateDirectory directory;
  UniqueFd dying = opened(directory);
  std::thread death([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    dying = UniqueFd();
  });
  const auto file = open_ledger_file(directory.path());
  death.join();
  CHECK(file.ok());
}

TEST_CASE("slip: --state-directory=/nowhere", "[ledger_file]") {
  std::string message;
  CHECK(kind_of_failure("/nowhere/at/all", message) == ErrorKind::kUsage);
  CHECK(message.find("/nowhere/at/all/ledger: No such file or directory; --state-directory") !=
        std::string::npos);
}

TEST_CASE("ledger file: what passes by itself is no slip", "[ledger_file]") {
  const PrivateDirectory directory;
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit none{0, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  std::string message;
  const ErrorKind kind = kind_of_failure(directory.path(), message);
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(kind == ErrorKind::kInternal);
  CHECK(message == "cannot open the ledger " + directory.path() + "/ledger: Too many open files");
}

TEST_CASE("ledger file: a link that somebody has put there is not followed", "[ledger_file]") {
  const PrivateDirectory directory;
  REQUIRE(symlink("elsewhere", (directory.path() + "/ledger").c_str()) == 0);
  std::string message;
  CHECK(kind_of_failure(directory.path(), message) == ErrorKind::kUsage);
}

}  // namespace event_consumer
