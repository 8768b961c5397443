#include "common/password_files.h"

#include "common/log.h"
#include "common/read_file.h"
#include "common/text.h"
#include "common/utf8.h"

namespace event_consumer {

Result<std::string> read_password_file(const std::string& path) {
  const auto bad = [&](const std::string& why) {
    return Error{ErrorKind::kUsage, "password file " + path + ": " + why};
  };
  auto content = read_file(path);
  if (!content) return bad("cannot be read: " + content.error().message);
  std::string password(without_line_break(*content));
  if (starts_with(password, kByteOrderMark)) password.erase(0, kByteOrderMark.size());
  if (password.empty()) return bad("holds no password");
  if (password.find_first_of(std::string("\r\n\0", 3)) != std::string::npos)
    return bad("holds more than one line of text");
  return password;
}

Result<Done> read_password_files(Options& options) {
  if (!options.rabbitmq_password_file.empty()) {
    auto password = read_password_file(options.rabbitmq_password_file);
    if (!password) return password.error();
    for (AmqpUrl& url : options.rabbitmq_urls) url.password = *password;
  }
  if (!options.clickhouse_password_file.empty()) {
    auto password = read_password_file(options.clickhouse_password_file);
    if (!password) return password.error();
    options.clickhouse_password = *password;
  }
  return Done{};
}

std::optional<std::string> PasswordFile::changed() {
  if (path_.empty()) return std::nullopt;
  auto password = read_password_file(path_);
  const std::string fault = password ? "" : password.error().message;
  if (!fault.empty() && fault != fault_)
    log::warn("{}; the password that it held before is tried on", fault);
  fault_ = fault;
  if (!password || *password == password_) return std::nullopt;
  log::info("the password in {} has changed: it is used from here on", path_);
  password_ = *password;
  return password_;
}

}  // namespace event_consumer
