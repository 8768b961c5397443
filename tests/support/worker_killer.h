// Kills workers of a running instance, one after the other, at random moments.
#pragma once

#include <chrono>
#include <cstddef>
#include <random>

#include "tests/support/service.h"

namespace event_consumer::testing {

// kill -9 of a random one of `workers`, `times` times, each after a pause of up to `longest_pause`.
// Whether all workers were there before each, and so many again within 20 s, without the victim.
bool kill_workers(const Service& service, std::size_t workers, int times,
                  std::chrono::milliseconds longest_pause, std::mt19937& random);

}  // namespace event_consumer::testing
