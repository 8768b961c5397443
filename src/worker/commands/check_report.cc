#include "worker/commands/check_report.h"

#include <limits>

#include "common/text.h"

namespace event_consumer {

void Report::good(const std::string& what) { write("✓ ", what); }

void Report::note(const std::string& what) {
  write("! ", what);
  ++notes_;
}

void Report::bad(ErrorKind kind, const std::string& what, const std::string& remedy) {
  write("✗ ", what + " → " + remedy);
  ++bad_;
  if (exit_code_ != ExitCode::kConfiguration) exit_code_ = exit_code_for(kind);
}

void Report::rejected(const std::string& what) {
  write("✗ ", what);
  ++bad_;
  if (exit_code_ == ExitCode::kOk) exit_code_ = ExitCode::kData;
}

void Report::detail(const std::string& what) { write("  ", what); }

ExitCode Report::exit_code() const {
  return exit_code_ == ExitCode::kOk && is_strict_ && notes_ > 0 ? ExitCode::kNotes : exit_code_;
}

void Report::close() {
  std::string line = "All is well";
  if (bad_ > 0) line = std::to_string(bad_) + (bad_ == 1 ? " step" : " steps") + " failed";
  if (notes_ > 0)
    line += ", " + std::to_string(notes_) + (notes_ == 1 ? " note (!)" : " notes (!)");
  if (exit_code() != ExitCode::kOk) line += "; exit status " + std::to_string(to_int(exit_code()));
  out_ << line << ".\n";
  out_.flush();
}

// Servers put several lines into one message.
void Report::write(const char* mark, const std::string& text) {
  out_ << mark << printable(text, std::numeric_limits<std::size_t>::max()) << "\n";
  out_.flush();
}

}  // namespace event_consumer
