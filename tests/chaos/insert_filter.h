// InsertFilter: the links between workers and ClickHouse, on which one insert can go wrong in many
// ways. Nothing is pipelined on them.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "tests/chaos/wire_trap.h"

namespace event_consumer::testing {

class InsertFilter : public LinkFilter {
 public:
  InsertFilter(WireTrap& trap, int port) : trap_(trap), port_(port) {}

  Passage pass(From from, std::string_view bytes) override;
  void passed() override;

 private:
  Passage from_client(std::string_view bytes);
  Passage from_server(std::string_view bytes);
  void begin_request();
  // The head is there.
  void judge_head(std::size_t head_bytes);
  Passage kill_and_reset(std::string to_server);

  WireTrap& trap_;
  int port_;
  bool is_answered_ = true;         // the present request, at least in part
  std::string request_;             // its head; all that has come of it, where it goes wrong
  std::size_t request_bytes_ = 0;   // of the whole request; 0: not known yet
  std::size_t received_bytes_ = 0;  // of these
  std::string answer_;              // what has come of it, where it goes wrong
  std::optional<FaultKind> fault_;  // of the present request
  pid_t worker_ = 0;                // whose request it is
  bool kills_when_passed_ = false;
};

}  // namespace event_consumer::testing
