// How long a worker is missed that is killed under load: from kill -9 to the first insert of the
// one in its place.
#pragma once

namespace event_consumer::testing {

// Prints the median and the worst of many. Throws std::runtime_error when one is not replaced.
void show_recovery();

}  // namespace event_consumer::testing
