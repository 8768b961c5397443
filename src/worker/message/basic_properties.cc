#include "worker/message/basic_properties.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "worker/encode/json_event.h"
#include "worker/encode/json_object_text.h"

namespace event_consumer {
namespace {

using Kind = JsonValue::Kind;

// Takes numbers in network order and strings off the front of a text. Once something was missing,
// nothing more is there, and failed() says so.
class AmqpCursor {
 public:
  explicit AmqpCursor(std::string_view bytes) : rest_(bytes) {}

  bool failed() const { return failed_; }
  bool done() const { return rest_.empty(); }
  void fail() {
    failed_ = true;
    rest_ = {};
  }

  std::string_view take(std::size_t size) {
    if (size > rest_.size()) return fail(), std::string_view();
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  template <typename Integer>
  Integer take_integer() {
    std::uint64_t number = 0;
    for (const char byte : take(sizeof(Integer)))
      number = number << 8 | static_cast<unsigned char>(byte);
    return static_cast<Integer>(number);
  }
  std::string_view take_short() { return take(take_integer<std::uint8_t>()); }
  std::string_view take_long() { return take(take_integer<std::uint32_t>()); }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

JsonValue keep(Kind kind, std::string text, std::deque<std::string>& texts) {
  return {kind, texts.emplace_back(std::move(text))};
}

template <typename Float, typename Bits>
JsonValue take_float(AmqpCursor& cursor, std::deque<std::string>& texts) {
  const auto bits = cursor.take_integer<Bits>();
  Float number;
  static_assert(sizeof number == sizeof bits);
  std::memcpy(&number, &bits, sizeof number);
  if (std::isnan(number)) return {Kind::kString, "nan"};
  if (std::isinf(number)) return {Kind::kString, number < 0 ? "-inf" : "inf"};
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  return keep(Kind::kNumber, {text.data(), end}, texts);
}

// AMQP's grammar has an unsigned number here; clients write a signed one, and read it so.
JsonValue take_decimal(AmqpCursor& cursor, std::deque<std::string>& texts) {
  const auto scale = cursor.take_integer<std::uint8_t>();
  const std::int64_t number = cursor.take_integer<std::int32_t>();
  std::string digits = std::to_string(std::abs(number));
  if (digits.size() <= scale) digits.insert(0, scale + 1 - digits.size(), '0');
  if (scale > 0) digits.insert(digits.size() - scale, ".");
  return keep(Kind::kNumber, (number < 0 ? "-" : "") + digits, texts);
}

template <typename Integer>
JsonValue take_number(AmqpCursor& cursor, std::deque<std::string>& texts) {
  return keep(Kind::kNumber, std::to_string(cursor.take_integer<Integer>()), texts);
}

JsonValue take_value(AmqpCursor& cursor, int depth, std::deque<std::string>& texts);

JsonValue take_array(AmqpCursor& cursor, int depth, std::deque<std::string>& texts) {
  AmqpCursor items(cursor.take_long());
  std::string text = "[";
  std::deque<std::string> of_item;  // goes at once: it stands in the text of the array
  while (!items.done()) {
    of_item.clear();
    const JsonValue value = take_value(items, depth, of_item);
    text += (text.size() == 1 ? "" : ",") + to_json(value);
  }
  if (items.failed()) cursor.fail();
  return keep(Kind::kCompound, text + "]", texts);
}

std::string take_members(AmqpCursor& members, int depth) {
  JsonObjectText object;
  std::deque<std::string> of_member;
  while (!members.done()) {
    of_member.clear();
    object.begin(members.take_short());
    object.end(take_value(members, depth, of_member));
  }
  return std::string(object.text());
}

JsonValue take_table(AmqpCursor& cursor, int depth, std::deque<std::string>& texts) {
  AmqpCursor members(cursor.take_long());
  std::string text = take_members(members, depth);
  if (members.failed()) cursor.fail();
  return keep(Kind::kCompound, std::move(text), texts);
}

// The letters are those of RabbitMQ («AMQP 0-9-1 Errata», section 3), which takes L for l, as
// clients do that write it (rabbit_binary_parser.erl). rabbitmq-c alone has it for unsigned
// numbers.
JsonValue take_value(AmqpCursor& cursor, int depth, std::deque<std::string>& texts) {
  if (depth > kMaximumDepth) return cursor.fail(), JsonValue();
  switch (cursor.take_integer<char>()) {
    case 't':
      return {Kind::kBool, cursor.take_integer<std::uint8_t>() == 0 ? "false" : "true"};
    case 'b':
      return take_number<std::int8_t>(cursor, texts);
    case 'B':
      return take_number<std::uint8_t>(cursor, texts);
    case 's':
      return take_number<std::int16_t>(cursor, texts);
    case 'u':
      return take_number<std::uint16_t>(cursor, texts);
    case 'I':
      return take_number<std::int32_t>(cursor, texts);
    case 'i':
      return take_number<std::uint32_t>(cursor, texts);
    case 'l':
    case 'L':
      return take_number<std::int64_t>(cursor, texts);
    case 'T':
      return take_number<std::uint64_t>(cursor, texts);
    case 'f':
      return take_float<float, std::uint32_t>(cursor, texts);
    case 'd':
      return take_float<double, std::uint64_t>(cursor, texts);
    case 'D':
      return take_decimal(cursor, texts);
    case 'S':
    case 'x':
      return {Kind::kString, cursor.take_long()};
    case 'A':
      return take_array(cursor, depth + 1, texts);
    case 'F':
      return take_table(cursor, depth + 1, texts);
    case 'V':
      return {Kind::kNull, {}};
    default:
      return cursor.fail(), JsonValue();
  }
}

}  // namespace

BasicProperties read_basic_properties(std::string_view encoded) {
  BasicProperties read;
  AmqpCursor cursor(encoded);
  const auto flags = cursor.take_integer<std::uint16_t>();
  int bit = 15;
  const auto is_next = [&] { return (flags >> bit-- & 1) != 0; };
  const auto take_text = [&](std::optional<std::string_view>& text) {
    if (is_next()) text = cursor.take_short();
  };
  const auto take_octet = [&](std::optional<std::uint8_t>& octet) {
    if (is_next()) octet = cursor.take_integer<std::uint8_t>();
  };
  take_text(read.content_type);
  take_text(read.content_encoding);
  if (is_next()) read.headers = cursor.take_long();
  take_octet(read.delivery_mode);
  take_octet(read.priority);
  take_text(read.correlation_id);
  take_text(read.reply_to);
  take_text(read.expiration);
  take_text(read.message_id);
  if (is_next()) read.timestamp = cursor.take_integer<std::uint64_t>();
  take_text(read.type);
  take_text(read.user_id);
  take_text(read.app_id);
  return cursor.failed() ? BasicProperties() : read;
}

JsonValue find_header(std::string_view headers, std::string_view name,
                      std::deque<std::string>& texts) {
  AmqpCursor members(headers);
  JsonValue found;
  std::deque<std::string> of_found, of_this;  // one text at most
  while (!members.done()) {
    const bool is_it = members.take_short() == name;
    of_this.clear();
    const JsonValue value = take_value(members, 1, of_this);
    if (!is_it) continue;
    found = value;
    of_found.swap(of_this);
  }
  if (members.failed()) return {};
  return of_found.empty() ? found : keep(found.kind, std::move(of_found.front()), texts);
}

JsonValue headers_object(std::string_view headers, std::deque<std::string>& texts) {
  AmqpCursor members(headers);
  std::string text = take_members(members, 1);
  return members.failed() ? JsonValue() : keep(Kind::kCompound, std::move(text), texts);
}

}  // namespace event_consumer
