#include "worker/commands/dead_letter_text.h"

#include "common/text.h"
#include "common/utf8.h"

namespace event_consumer {
namespace {

constexpr std::size_t kMostHeaderBytes = 500;
constexpr std::size_t kMostBodyBytes = 160;

std::string header(const std::string& text, const char* when_empty) {
  return text.empty() ? when_empty : printable(text, kMostHeaderBytes);
}

}  // namespace

std::string to_lines(const DeadLetterFacts& facts, std::string_view body) {
  std::string lines = header(facts.time, "(no time)") + "  " + header(facts.reason, "(no reason)");
  // Our errors begin with the column.
  const bool names_column = facts.error.rfind(facts.column + ":", 0) == 0;
  if (!facts.column.empty() && !names_column) lines += "  column " + header(facts.column, "");
  if (!facts.error.empty()) lines += "  " + header(facts.error, "");
  return lines + "\n    " + (body.empty() ? "(empty body)" : printable(body, kMostBodyBytes)) +
         "\n";
}

std::string to_json_line(const DeadLetterFacts& facts, std::string_view body) {
  const std::string start =
      "{\"time\":" + json_string(facts.time) + ",\"reason\":" + json_string(facts.reason) +
      ",\"column\":" + json_string(facts.column) + ",\"event\":" + json_string(facts.event) +
      ",\"error\":" + json_string(facts.error) + ",\"exchange\":" + json_string(facts.exchange) +
      ",\"routing_key\":" + json_string(facts.routing_key);
  if (find_invalid_utf8(body) == std::string_view::npos)
    return start + ",\"body\":" + json_string(body) + "}\n";
  return start + ",\"body_base64\":\"" + base64(body) + "\"}\n";
}

}  // namespace event_consumer
