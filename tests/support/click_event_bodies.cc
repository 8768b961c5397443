// The encodings of click_events.h: JSON, RowBinary and the broken bodies.
#include <cstdio>
#include <ctime>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "tests/support/click_events.h"

namespace event_consumer::testing {

namespace {

void append_unicode_escape(std::string& out, std::uint32_t unit) {
  char escape[16];
  std::snprintf(escape, sizeof escape, "\\u%04x", unit);
  out += escape;
}

// The code point that starts at `text[at]`; `at` moves behind it.
std::uint32_t next_code_point(std::string_view text, std::size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at++]);
  if (lead < 0x80) return lead;
  const int continuation_bytes = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
  std::uint32_t code_point = lead & (0x3F >> continuation_bytes);
  for (int i = 0; i < continuation_bytes; ++i) {
    code_point = code_point << 6 | (static_cast<unsigned char>(text[at++]) & 0x3F);
  }
  return code_point;
}

void append_code_point(std::string& out, std::uint32_t code_point) {
  constexpr std::string_view kNamed = "\"\\\n\r\t\f\b";
  constexpr std::string_view kNames = "\"\\nrtfb";
  const std::size_t named =
      code_point < 0x80 ? kNamed.find(static_cast<char>(code_point)) : std::string_view::npos;
  if (named != std::string_view::npos) {
    out += {'\\', kNames[named]};
  } else if (code_point >= 0x20 && code_point < 0x7F) {
    out += static_cast<char>(code_point);
  } else if (code_point < 0x10000) {
    append_unicode_escape(out, code_point);
  } else {
    append_unicode_escape(out, 0xD800 + ((code_point - 0x10000) >> 10));
    append_unicode_escape(out, 0xDC00 + ((code_point - 0x10000) & 0x3FF));
  }
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size();) append_code_point(out, next_code_point(text, at));
  return out + '"';
}

using Fields = std::initializer_list<std::pair<const char*, std::string>>;

// An object of values that are JSON already.
std::string json_object(Fields fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    out += out.empty() ? "{" : ", ";
    out += '"';
    out += name;
    out += "\": ";
    out += value;
  }
  return out + '}';
}

// datetime.isoformat() and a Z.
std::string iso_timestamp(const ClickEvent& event) {
  const auto seconds = static_cast<std::time_t>(event.timestamp);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[40];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  if (event.micros != 0) std::snprintf(text + size, sizeof text - size, ".%06u", event.micros);
  return std::string(text) + 'Z';
}

void append_row_binary_string(std::string& row, const std::string& text) {
  std::size_t rest = text.size();
  for (; rest >= 0x80; rest >>= 7) row += static_cast<char>(0x80 | (rest & 0x7F));
  row += static_cast<char>(rest);
  row += text;
}

std::string with_timestamp(std::uint64_t index, const std::string& timestamp) {
  return json_object({{"short_code", json_string("broken" + std::to_string(index))},
                      {"timestamp", timestamp},
                      {"original_url", json_string("https://example.com/")}});
}

}  // namespace

std::string to_json(const ClickEvent& event) {
  return json_object({{"short_code", json_string(event.short_code)},
                      {"timestamp", json_string(iso_timestamp(event))},
                      {"user_agent", json_string(event.user_agent)},
                      {"ip_address", json_string(event.ip_address)},
                      {"referrer", json_string(event.referrer)},
                      {"original_url", json_string(event.original_url)}});
}

std::string expected_row_binary(const ClickEvent& event) {
  std::string row;
  append_row_binary_string(row, event.short_code);
  for (int shift = 0; shift < 32; shift += 8) {
    row += static_cast<char>(event.timestamp >> shift & 0xFF);
  }
  for (const std::string* text :
       {&event.user_agent, &event.ip_address, &event.referrer, &event.original_url}) {
    append_row_binary_string(row, *text);
  }
  return row;
}

std::string broken_message(BrokenKind kind, std::uint64_t index) {
  const std::string number = std::to_string(index);
  switch (kind) {
    case BrokenKind::kNotJson:
      return "click number " + number + ", sorry";
    case BrokenKind::kArray:
      return "[]";
    case BrokenKind::kEmptyBody:
      return "";
    case BrokenKind::kMissingField:
      return json_object({{"short_code", json_string("broken" + number)},
                          {"timestamp", json_string("2025-12-19T10:20:30Z")}});
    case BrokenKind::kWrongType:
      return with_timestamp(index, R"({"year": 2025})");
    case BrokenKind::kDateOf1960:
      return with_timestamp(index, json_string("1960-06-01T10:20:30Z"));
    case BrokenKind::kInvalidUtf8:
      return json_object({{"short_code", "\"broken" + number + "\xC3\x28\xFF\""},
                          {"timestamp", json_string("2025-12-19T10:20:30Z")},
                          {"original_url", json_string("https://example.com/")}});
  }
  return {};
}

const char* name_of(BrokenKind kind) {
  switch (kind) {
    case BrokenKind::kNotJson:
      return "not JSON";
    case BrokenKind::kArray:
      return "an array";
    case BrokenKind::kEmptyBody:
      return "an empty body";
    case BrokenKind::kMissingField:
      return "a missing field";
    case BrokenKind::kWrongType:
      return "a wrong type";
    case BrokenKind::kDateOf1960:
      return "a date of 1960";
    case BrokenKind::kInvalidUtf8:
      return "invalid UTF-8";
  }
  return "";
}

}  // namespace event_consumer::testing
