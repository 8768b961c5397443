// The events of the chaos run: click events with their id as a key, all of one second, a share of
// them bad, each of which can be told by its id.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace event_consumer::testing {

// Their timestamp. How long ago that is to a worker tells its clock.
constexpr std::uint32_t kTimeOfEvents = 1765584000;  // 2025-12-13 00:00:00 UTC

// About one of a hundred.
bool is_bad_event(std::uint64_t id);

// The message of this id; a bad one can never become a row.
std::string chaos_message(std::uint64_t id);

// The id of such a message, bad or not.
std::optional<std::uint64_t> id_of_message(const std::string& body);

}  // namespace event_consumer::testing
