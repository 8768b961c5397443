// KEEP=1: the demonstration leaves everything running, for the reader to look around.
#pragma once

#include "tests/demo/stage.h"

namespace event_consumer::testing {

// Writes the script `stop` into the directory of the stage, which stops everything and removes the
// directory; leaves everything running; prints the commands for looking around.
void keep_running(Stage& stage);

}  // namespace event_consumer::testing
