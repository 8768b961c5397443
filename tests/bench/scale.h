// How rates grow: the same events through 1, 2 and 4 queues with 1, 2 and 4 workers each, an
// instance a queue, all on this machine; and which process was busy meanwhile.
#pragma once

namespace event_consumer::testing {

// Prints a line for each. Throws std::runtime_error when a run does not come to its end.
void show_scale();

}  // namespace event_consumer::testing
