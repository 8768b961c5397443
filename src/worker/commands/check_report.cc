#include "worker/commands/check_report.h"

#include <limits>

#include "common/text.h"

namespace event_consumer {

void Report::good(const std::string& what) { write("✓ ", what); }

void Report::note(const std::string& what) { write("! ", what); }

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

void Report::close() {
  if (bad_ == 0)
    out_ << "All is well.\n";
  else
    out_ << bad_ << (bad_ == 1 ? " step" : " steps") << " failed; exit status "
         << to_int(exit_code_) << ".\n";
  out_.flush();
}

// Servers put several lines into one message.
void Report::write(const char* mark, const std::string& text) {
  out_ << mark << printable(text, std::numeric_limits<std::size_t>::max()) << "\n";
  out_.flush();
}

}  // namespace event_consumer
