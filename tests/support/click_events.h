// Click events as the publisher of url_shortener sends them, made from a seed and an index: the
// same two give the same event anywhere. Also what ClickHouse must hold for them, encoded here
// straight from the fields, so that no test compares our encoder with itself.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace event_consumer::testing {

struct ClickEvent {
  std::uint64_t id = 0;
  std::string short_code;
  std::uint32_t timestamp = 0;  // seconds since the epoch
  std::uint32_t micros = 0;     // the fraction of the second
  std::string user_agent;
  std::string ip_address;
  std::string referrer;
  std::string original_url;  // ends in «id=N», N being the id
};

enum class Content {
  kPlain,  // ASCII as browsers send it, about 390 bytes of JSON each
  // User agents and referrers that have broken other consumers: quotes, backslashes, control
  // characters, NUL, text beyond ASCII and beyond 16 bit, and now and then 64 KiB.
  kNasty,
};

class ClickEvents {
 public:
  explicit ClickEvents(std::uint64_t seed = 1, Content content = Content::kPlain)
      : seed_(seed), content_(content) {}

  // The event of this index, which is also its id. Its time lies in the week before 2025-12-20.
  ClickEvent at(std::uint64_t index) const;

  // The body of the message for that event.
  std::string json_at(std::uint64_t index) const;

 private:
  std::uint64_t seed_;
  Content content_;
};

// The SQL expression that reads the id back from a row.
constexpr char kEventIdSql[] = "toUInt64(extract(original_url, 'id=([0-9]+)$'))";

// The statement that creates the table as the publisher's side knows it; its database must exist.
constexpr char kClickEventsTableSql[] =
    "CREATE TABLE IF NOT EXISTS url_shortener.click_events (short_code String, timestamp DateTime, "
    "user_agent String, ip_address String, referrer String, original_url String) "
    "ENGINE = MergeTree() ORDER BY (short_code, timestamp)";

// The message body, byte for byte what Python's json.dumps makes of the event. The strings of the
// event must be valid UTF-8.
std::string to_json(const ClickEvent& event);

// The row in the RowBinary format, for the columns of that table in their order.
std::string expected_row_binary(const ClickEvent& event);

// Messages that can never become a row, each for another reason.
enum class BrokenKind {
  kNotJson,
  kArray,
  kEmptyBody,
  kMissingField,  // no original_url
  kWrongType,     // the timestamp is an object
  kDateOf1960,    // before the range of DateTime
  kInvalidUtf8,
};

constexpr std::array<BrokenKind, 7> kAllBrokenKinds = {
    BrokenKind::kNotJson,      BrokenKind::kArray,     BrokenKind::kEmptyBody,
    BrokenKind::kMissingField, BrokenKind::kWrongType, BrokenKind::kDateOf1960,
    BrokenKind::kInvalidUtf8};

// A broken body. Bodies of one kind differ by `index`, but for the empty one and the array.
std::string broken_message(BrokenKind kind, std::uint64_t index);

// The kind in words, for the name of a test or a line of output.
const char* name_of(BrokenKind kind);

}  // namespace event_consumer::testing
