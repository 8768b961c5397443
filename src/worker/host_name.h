// Looks up the name of a host for a limited time. getaddrinfo(3) knows no limit, and asks a dead
// name server again and again; the libraries ask it once more what was answered here.
#pragma once

#include <optional>
#include <string>

namespace event_consumer {

// What is said of a name for which look_up() returns nothing.
constexpr char kNotResolved[] = "its name is not resolved within 10 s";

// What getaddrinfo(3) returns for `host`: 0 when it has an address. Waits for 10 s at most, and
// then returns nothing.
std::optional<int> look_up(const std::string& host);

}  // namespace event_consumer
