// Report: the lines of `event-consumer check`, written as they are found out, and the exit status
// that they come to.
#pragma once

#include <ostream>
#include <string>

#include "common/exit_code.h"

namespace event_consumer {

class Report {
 public:
  // `notes` stand there already. When it `is_strict`, a note alone is a failure, too.
  explicit Report(std::ostream& out, bool is_strict = false, int notes = 0)
      : out_(out), is_strict_(is_strict), notes_(notes) {}

  // «✓ what».
  void good(const std::string& what);
  // «! what»: works, but the operator should know.
  void note(const std::string& what);
  // «✗ what → remedy». `kind` is kUnavailable when it may pass by itself, else kConfiguration.
  void bad(ErrorKind kind, const std::string& what, const std::string& remedy);
  // «✗ what»: a message that would be rejected.
  void rejected(const std::string& what);
  // «  what»: belongs to the line before.
  void detail(const std::string& what);

  // kOk when nothing was bad; kConfiguration when somebody has to change something, whatever else
  // was bad; else kUnavailable; kData when only messages were; kNotes when nothing was, but a
  // strict report has notes.
  ExitCode exit_code() const;

  // The last line: how many steps were bad, and how many notes there are.
  void close();

 private:
  void write(const char* mark, const std::string& text);

  std::ostream& out_;
  bool is_strict_;
  int notes_;
  ExitCode exit_code_ = ExitCode::kOk;
  int bad_ = 0;
};

}  // namespace event_consumer
