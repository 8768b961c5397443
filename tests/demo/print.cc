#include "tests/demo/print.h"

#include <unistd.h>

#include <cstdio>
#include <sstream>

namespace event_consumer::testing {

bool is_terminal() {
  static const bool answer = isatty(STDOUT_FILENO) == 1;
  return answer;
}

std::string grouped(std::uint64_t number, std::size_t width) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ' ');
  if (text.size() < width) text.insert(0, width - text.size(), ' ');
  return text;
}

void print_heading(const std::string& text) {
  std::printf("\n%s\n", text.c_str());
  std::fflush(stdout);
}

void print_progress(const std::string& line) {
  // The sequence behind the line erases what a longer one left.
  std::printf(is_terminal() ? "\r  %s\x1b[K" : "  %s\n", line.c_str());
  std::fflush(stdout);
}

void end_progress() {
  if (is_terminal()) std::printf("\n");
}

void print_counts(const std::string& tab_separated) {
  std::istringstream lines(tab_separated);
  std::string text;
  std::uint64_t number = 0;
  while (std::getline(lines, text, '\t') && lines >> number) {
    lines.ignore();  // the end of the line
    std::printf("  %-42s %s\n", text.c_str(), grouped(number, 9).c_str());
  }
}

std::string printable(const std::string& text, TextKind kind, std::size_t max_bytes) {
  std::string shown;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool continues_character = (byte & 0xC0) == 0x80;
    const bool beyond_ascii = byte >= 0x80;
    if (shown.size() >= max_bytes && !continues_character) return shown + "…";
    if (beyond_ascii ? kind == TextKind::kUtf8 : byte >= 0x20 && byte != 0x7F) {
      shown += c;
    } else {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\x%02x", byte);
      shown += escape;
    }
  }
  return shown;
}

}  // namespace event_consumer::testing
