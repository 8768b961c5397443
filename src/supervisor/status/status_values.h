// Reads single values of the JSON of /status. Scripts and older programs may answer with less: what
// is absent is empty or 0. Texts come as one line that is safe for a terminal.
#pragma once

#include <rapidjson/document.h>

#include <cstdint>
#include <string>

namespace event_consumer {

using Value = rapidjson::Value;

rapidjson::Document parse_status(const std::string& json);

const Value& member(const Value& object, const char* key);
std::string text(const Value& object, const char* key);
std::uint64_t number(const Value& object, const char* key);
bool is_true(const Value& object, const char* key);

// «3.2 s», «5 min», «3 h», «4 days»; empty when it is no number.
std::string age(const Value& object, const char* key);

}  // namespace event_consumer
