// For what happens on another thread or in another process.
#pragma once

#include <functional>

namespace event_consumer::testing {

// Asks `condition` again and again until it holds or a generous deadline has passed; returns
// whether it held.
bool eventually(const std::function<bool()>& condition);

}  // namespace event_consumer::testing
