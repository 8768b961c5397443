// Screen: a terminal at standard output whose lines are drawn again and again from the upper left
// corner, without a cursor. Whatever ends the program (its end, SIGINT, SIGTERM, SIGHUP), the
// terminal gets its cursor back; a stop (SIGTSTP) too. One at a time.
#pragma once

#include <string>

namespace event_consumer {

class Screen {
 public:
  Screen();
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  // Shows the beginning of `lines`, as much of it as fits the terminal as it is now.
  void draw(const std::string& lines);
};

}  // namespace event_consumer
