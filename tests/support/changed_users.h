// ChangedUsers: the users of a running ClickHouse with one text of their file replaced by another,
// as an operator would do it, for as long as the object lives.
#pragma once

#include <stdexcept>
#include <string>

#include "tests/support/clickhouse_server.h"

namespace event_consumer::testing {

class ChangedUsers {
 public:
  // Throws std::runtime_error when the file does not hold `text`.
  ChangedUsers(const ClickhouseServer& server, const std::string& text,
               const std::string& replacement)
      : server_(server), users_(read_file(path())) {
    std::string changed = users_;
    const auto at = changed.find(text);
    if (at == std::string::npos) throw std::runtime_error("users.xml does not hold " + text);
    use(changed.replace(at, text.size(), replacement));
  }
  ~ChangedUsers() { undo(); }
  ChangedUsers(const ChangedUsers&) = delete;
  ChangedUsers& operator=(const ChangedUsers&) = delete;

  void undo() { use(users_); }

 private:
  std::string path() const { return server_.directory() + "/users.xml"; }
  void use(const std::string& users) const {
    write_file(path(), users);
    server_.query("SYSTEM RELOAD CONFIG");
  }

  const ClickhouseServer& server_;
  std::string users_;
};

}  // namespace event_consumer::testing
