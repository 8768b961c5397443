#include "common/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

namespace event_consumer {
namespace {

// The bytes behind the first of a character (RFC 3629) begin with the bits 10.
bool begins_character(char c) { return (static_cast<unsigned char>(c) >> 6) != 2; }

// Zeros when standard output is no terminal.
winsize size_of_terminal() {
  winsize size{};
  ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
  return size;
}

}  // namespace

std::size_t terminal_width() {
  const winsize size = size_of_terminal();
  return size.ws_col == 0 ? 80 : size.ws_col;
}

std::size_t terminal_height() {
  const winsize size = size_of_terminal();
  return size.ws_row == 0 ? 24 : size.ws_row;
}

std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

std::string wrapped(const std::string& text, std::size_t width, std::size_t indent,
                    std::size_t used) {
  std::string lines;
  std::istringstream paragraphs(text);
  bool is_first = true;
  const auto break_line = [&] {
    lines += "\n" + std::string(indent, ' ');
    used = indent;
  };
  for (std::string paragraph; std::getline(paragraphs, paragraph); is_first = false) {
    if (!is_first) break_line();
    std::istringstream words(paragraph);
    bool is_begin = true;
    for (std::string word; words >> word; is_begin = false) {
      if (!is_begin && used + 1 + width_of(word) > width) {
        break_line();
      } else if (!is_begin) {
        lines += ' ';
        ++used;
      }
      lines += word;
      used += width_of(word);
    }
  }
  return lines;
}

std::string cut_to(const std::string& text, std::size_t width) {
  if (width_of(text) <= width) return text;
  std::string cut;
  std::size_t columns = 0;
  for (const char c : text) {
    if (begins_character(c) && ++columns >= width) break;
    cut += c;
  }
  return cut + "…";
}

}  // namespace event_consumer
