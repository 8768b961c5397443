// How `dead-letters list` shows one dead letter. Prints nothing itself.
#pragma once

#include <string>
#include <string_view>

#include "worker/amqp/dead_letter_headers.h"

namespace event_consumer {

// Two lines for people: time, reason, column and error; below them the start of the body.
std::string to_lines(const DeadLetterFacts& facts, std::string_view body);

// One line with one JSON object: time, reason, column, error, exchange, routing_key (each a string,
// "" where the letter does not say), and the whole body: as the string `body` when it is valid
// UTF-8, else as `body_base64`.
std::string to_json_line(const DeadLetterFacts& facts, std::string_view body);

}  // namespace event_consumer
