// The events of the chaos run: click events with their id as a key, a thousand to each second, a
// share of them bad, each of which can be told by its id.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace event_consumer::testing {

// About one of a hundred.
bool is_bad_event(std::uint64_t id);

// The message of this id; a bad one can never become a row.
std::string chaos_message(std::uint64_t id);

// The id of such a message, bad or not.
std::optional<std::uint64_t> id_of_message(const std::string& body);

}  // namespace event_consumer::testing
