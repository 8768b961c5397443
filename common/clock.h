// The clock that all waiting and ageing goes by. Decisions take the time as an argument, so that
// tests bring their own; only the loops ask for it.
#pragma once

#include <chrono>
#include <optional>

namespace event_consumer {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = Clock::duration;

// The earlier of two deadlines; an absent one never comes.
std::optional<TimePoint> earliest(std::optional<TimePoint> a, std::optional<TimePoint> b);

// The time-out for poll(2) until `deadline`: milliseconds rounded up, so that the deadline has
// passed when poll returns; 0 when it has passed already, -1 (for ever) when there is none.
int poll_timeout_ms(std::optional<TimePoint> deadline, TimePoint now);

}  // namespace event_consumer
