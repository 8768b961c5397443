// The examples of the manual page event-consumer-events(7), so that a test runs what is written
// there and nothing else.
#pragma once

#include <string>
#include <vector>

#include "tests/support/corpus.h"

namespace event_consumer::testing {

// A line of the page: a value for a column of a type, and the row that it becomes in TabSeparated,
// or «rejected».
struct ManualExample {
  std::string type;
  std::string value;
  std::string by_json;  // what JSONEachRow makes of it; empty: the page does not say
  std::string here;
};

struct EventsManual {
  CorpusPart example;  // of the section EXAMPLE
  std::vector<ManualExample> examples;
  std::vector<std::string> differences;  // from JSONEachRow, in words, without the colon
  std::vector<std::string> moving;       // the blocks of the section MOVING HERE
};

// Throws std::runtime_error when a line is of another form.
EventsManual read_events_manual();

}  // namespace event_consumer::testing
