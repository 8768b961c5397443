#include "common/password_files.h"

#include "tests/common/temporary_file.h"
#include "tests/fakes/captured_log.h"
#include "tests/support/catch.h"

namespace event_consumer {
namespace {

using testing::TemporaryFile;

std::string password_in(const std::string& content) {
  const TemporaryFile file(content);
  auto password = read_password_file(file.path());
  if (!password) FAIL(password.error().message);
  return *password;
}

std::string refused(const std::string& path) {
  const auto password = read_password_file(path);
  REQUIRE_FALSE(password.ok());
  CHECK(password.error().kind == ErrorKind::kUsage);
  CHECK(password.error().message.find(path) != std::string::npos);
  return password.error().message;
}

TEST_CASE("password file: the line without its end", "[password_files]") {
  CHECK(password_in("secret") == "secret");
  CHECK(password_in("secret\n") == "secret");
  CHECK(password_in("secret\r\n") == "secret");
  CHECK(password_in(" se cret \n") == " se cret ");
  CHECK(password_in("\xef\xbb\xbfsecret\r\n") == "secret");
}

TEST_CASE("password file: one that holds no password is refused", "[password_files]") {
  for (const std::string content : {"", "\n", "\r\n", "\xef\xbb\xbf\n"}) {
    const TemporaryFile file(content);
    CHECK(refused(file.path()).find("holds no password") != std::string::npos);
  }
}

TEST_CASE("password file: more than one line is refused and not shown", "[password_files]") {
  for (const std::string& content :
       {std::string("hunter2\nx"), std::string("hunter2\n\n"), std::string("hunter2\0x", 9)}) {
    const TemporaryFile file(content);
    const std::string message = refused(file.path());
    CHECK(message.find("more than one line") != std::string::npos);
    CHECK(message.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("password file: one that cannot be read is refused with the reason", "[password_files]") {
  CHECK(refused("/nonexistent/file").find("No such file") != std::string::npos);
  CHECK(refused("/proc").find("Is a directory") != std::string::npos);
}

TEST_CASE("password file: read again, it gives another password once", "[password_files]") {
  const TemporaryFile file("new\n");
  PasswordFile password(file.path(), "old");
  CHECK(password.changed() == "new");
  CHECK_FALSE(password.changed());
  CHECK_FALSE(PasswordFile("", "old").changed());
}

TEST_CASE("password file: while it cannot be read the password stays, which is said once",
          "[password_files]") {
  const testing::CapturedLog log;
  const std::string path = TemporaryFile("gone").path();
  PasswordFile password(path, "old");
  CHECK_FALSE(password.changed());
  CHECK_FALSE(password.changed());
  CHECK(log.lines_with(path + ": cannot be read") == 1);
  CHECK(log.lines_with("the password that it held before is tried on") == 1);
}

TEST_CASE("password files: they win, for every URL", "[password_files]") {
  const TemporaryFile rabbitmq("first\n"), clickhouse("second\n");
  Options options{};
  options.rabbitmq_urls.resize(2);
  options.clickhouse_password = "old";
  options.rabbitmq_password_file = rabbitmq.path();
  options.clickhouse_password_file = clickhouse.path();
  REQUIRE(read_password_files(options).ok());
  for (const AmqpUrl& url : options.rabbitmq_urls) CHECK(url.password == "first");
  CHECK(options.clickhouse_password == "second");
}

TEST_CASE("password files: without any all stays as it is", "[password_files]") {
  Options options{};
  options.rabbitmq_urls.resize(1);
  options.clickhouse_password = "old";
  REQUIRE(read_password_files(options).ok());
  CHECK(options.rabbitmq_urls[0].password == "guest");
  CHECK(options.clickhouse_password == "old");
}

}  // namespace
}  // namespace event_consumer
