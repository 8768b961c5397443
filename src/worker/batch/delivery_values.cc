#include "worker/batch/delivery_values.h"

#include <array>
#include <charconv>
#include <chrono>
#include <ctime>

namespace event_consumer {
namespace {

using Kind = JsonValue::Kind;

constexpr std::string_view kDeliveryCount = "x-delivery-count";

JsonValue text(const std::optional<std::string_view>& given) {
  return given ? JsonValue{Kind::kString, *given} : JsonValue();
}

// RFC 3339 in UTC, with milliseconds. By the clock of the system as it goes now: the one that a
// delivery is taken by counts from nowhere.
std::string wall_time(TimePoint then) {
  using std::chrono::milliseconds;
  const auto wall = std::chrono::system_clock::now().time_since_epoch() - (Clock::now() - then);
  const auto all = std::chrono::floor<milliseconds>(wall).count();
  const std::time_t seconds = all / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text;
  const std::string to_seconds(
      text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts));
  return to_seconds + "." + std::to_string(1000 + all % 1000).substr(1) + "Z";
}

}  // namespace

JsonValue DeliveryValues::number(std::uint64_t number) {
  return {Kind::kNumber, texts_.emplace_back(std::to_string(number))};
}

// Only what has come back is counted: the header of another message is its publisher's.
JsonValue DeliveryValues::delivery_count() {
  constexpr JsonValue kNone = {Kind::kNumber, "0"};
  if (!delivery_->redelivered || !properties_->headers) return kNone;
  const JsonValue count = find_header(*properties_->headers, kDeliveryCount, texts_);
  const bool is_count = count.kind == Kind::kNumber && count.text.front() != '-';
  return is_count ? count : kNone;
}

void DeliveryValues::decode() {
  properties_ = read_basic_properties(delivery_->properties);
  made_.clear();
  texts_.clear();
}

JsonValue DeliveryValues::value(MessageField field, std::string_view header) {
  if (!properties_) decode();
  for (const Made& made : made_)
    if (made.field == field && made.header == header) return made.value;
  return made_.emplace_back(Made{field, header, make(field, header)}).value;
}

JsonValue DeliveryValues::make(MessageField field, std::string_view header) {
  const std::string_view headers = properties_->headers.value_or(std::string_view());
  switch (field) {
    case MessageField::kExchange:
      return {Kind::kString, delivery_->exchange};
    case MessageField::kRoutingKey:
      return {Kind::kString, delivery_->routing_key};
    case MessageField::kQueue:
      return {Kind::kString, queue_};
    case MessageField::kRedelivered:
      return {Kind::kBool, delivery_->redelivered ? "true" : "false"};
    case MessageField::kDeliveryCount:
      return delivery_count();
    case MessageField::kDeliveryTag:
      return number(delivery_->tag);
    case MessageField::kReceivedAt:
      return {Kind::kString, texts_.emplace_back(wall_time(delivery_->taken_at))};
    case MessageField::kHeaders:
      return headers_object(headers, texts_);
    case MessageField::kHeader:
      return find_header(headers, header, texts_);
    case MessageField::kContentType:
      return text(properties_->content_type);
    case MessageField::kType:
      return text(properties_->type);
    case MessageField::kMessageId:
      return text(properties_->message_id);
    case MessageField::kTimestamp:
      return properties_->timestamp ? number(*properties_->timestamp) : JsonValue();
    case MessageField::kAppId:
      return text(properties_->app_id);
    case MessageField::kCorrelationId:
      return text(properties_->correlation_id);
    case MessageField::kReplyTo:
      return text(properties_->reply_to);
    case MessageField::kPriority:
      return properties_->priority ? number(*properties_->priority) : JsonValue();
    case MessageField::kUserId:
      return text(properties_->user_id);
    case MessageField::kBody:
    case MessageField::kUnmatched:
    case MessageField::kEventIndex:
      break;
  }
  return {};
}

}  // namespace event_consumer
