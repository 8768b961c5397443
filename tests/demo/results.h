// What the demonstration shows when all events have arrived, and whether it is right.
#pragma once

#include "tests/demo/traffic.h"

namespace event_consumer::testing {

// Prints some statistics of the table, as an analyst would ask for them.
void show_table(const Stage& stage);

// Prints each message of the dead-letter queue with the reason why it is there. They stay in it.
void show_dead_letters(const Stage& stage);

// Counts the distinct events in the table and prints the verdict. True when each good event is
// stored once and each broken one is in the dead-letter queue.
bool check_counts(const Stage& stage, const Counts& counts);

}  // namespace event_consumer::testing
