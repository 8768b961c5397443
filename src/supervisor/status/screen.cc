#include "supervisor/status/screen.h"

#include <signal.h>
#include <unistd.h>

#include <iostream>
#include <sstream>

#include "common/terminal.h"

namespace event_consumer {
namespace {

// ECMA-48 and DEC private modes, as every terminal of today knows them.
constexpr char kClear[] = "\x1b[2J";
constexpr char kHome[] = "\x1b[H";
constexpr char kHideCursor[] = "\x1b[?25l";
constexpr char kShowCursor[] = "\x1b[?25h";
constexpr char kClearLine[] = "\x1b[K";
constexpr char kClearBelow[] = "\x1b[J";

// Only what may be called in a handler (signal-safety(7)).
void show_cursor() {
  const auto written = write(STDOUT_FILENO, kShowCursor, sizeof kShowCursor - 1);
  static_cast<void>(written);
}

// Ends the program as the signal would have. The handler is gone by then (SA_RESETHAND).
void end(int number) {
  show_cursor();
  raise(number);
}

// The next draw() hides it again.
void pause(int) {
  show_cursor();
  raise(SIGSTOP);
}

void handle(int number, void (*handler)(int), int flags) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigaction(number, &action, nullptr);
}

}  // namespace

Screen::Screen() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT})
    handle(number, end, static_cast<int>(SA_RESETHAND));
  handle(SIGTSTP, pause, SA_RESTART);
  std::cout << kClear;
}

Screen::~Screen() {
  std::cout << std::flush;
  show_cursor();
}

void Screen::draw(const std::string& lines) {
  const std::size_t width = terminal_width();
  const std::size_t height = terminal_height();
  std::string drawn = std::string(kHideCursor) + kHome;
  std::istringstream each(lines);
  std::size_t count = 0;
  // A line break behind the last one would scroll.
  for (std::string line; count < height && std::getline(each, line); ++count)
    drawn += (count == 0 ? "" : "\r\n") + cut_to(line, width) + kClearLine;
  std::cout << drawn << kClearBelow << std::flush;
}

}  // namespace event_consumer
