#include "worker/clickhouse/quote.h"

#include <algorithm>
#include <sstream>

namespace event_consumer {
namespace {

std::string quote(std::string_view text, char mark) {
  std::string quoted(1, mark);
  for (char c : text) {
    if (c == mark || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + mark;
}

char unescaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'r':
      return '\r';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case '0':
      return '\0';
    default:
      return c;
  }
}

}  // namespace

std::string quote_identifier(std::string_view name) { return quote(name, '`'); }

std::string quote_string(std::string_view text) { return quote(text, '\''); }

std::string unescape_tsv(std::string_view field) {
  std::string text;
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (field[i] == '\\' && i + 1 < field.size())
      text += unescaped(field[++i]);
    else
      text += field[i];
  }
  return text;
}

// A carriage return in a value is escaped.
std::string tsv_rows(std::string_view answer) {
  std::string rows(answer);
  rows.erase(std::remove(rows.begin(), rows.end(), '\r'), rows.end());
  const std::size_t last_end = rows.find("\n\n");
  if (last_end != std::string::npos) rows.resize(last_end + 1);
  return rows;
}

std::vector<std::string> split_tsv(const std::string& line) {
  std::vector<std::string> fields;
  std::istringstream parts(line);
  for (std::string field; std::getline(parts, field, '\t');) fields.push_back(unescape_tsv(field));
  return fields;
}

}  // namespace event_consumer
