#include "worker/amqp/dead_letter_headers.h"

#include <array>
#include <utility>

#include "worker/amqp/reply.h"

namespace event_consumer {
namespace {

constexpr std::string_view kOurs = "x-event-consumer-";

// RabbitMQ routes by CC and BCC too (its «sender-selected distribution»): kept, they would send a
// copy of the dead letter back to where the message came from.
bool is_kept(std::string_view name) {
  return name != "CC" && name != "BCC" && name.substr(0, kOurs.size()) != kOurs;
}

// RFC 3339 in UTC.
std::string to_text(std::time_t time) {
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 32> text;
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

}  // namespace

DeadLetterHeaders::DeadLetterHeaders(const amqp_basic_properties_t& original,
                                     const Delivery& delivery, const Rejection& rejection,
                                     std::time_t now)
    : time_(to_text(now)) {
  if ((original._flags & AMQP_BASIC_HEADERS_FLAG) != 0) keep_original(original.headers);
  add("x-event-consumer-reason", slug(rejection.reason));
  add("x-event-consumer-error", rejection.error);
  if (!rejection.column.empty()) add("x-event-consumer-column", rejection.column);
  add("x-event-consumer-exchange", delivery.exchange);
  add("x-event-consumer-routing-key", delivery.routing_key);
  add("x-event-consumer-time", time_);
}

void DeadLetterHeaders::keep_original(const amqp_table_t& headers) {
  entries_ = original_headers(headers);
}

void DeadLetterHeaders::add(const char* name, std::string_view value) {
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes(name);
  entry.value.kind = AMQP_FIELD_KIND_UTF8;
  entry.value.value.bytes = to_bytes(value);
  entries_.push_back(entry);
}

std::vector<amqp_table_entry_t> original_headers(const amqp_table_t& headers) {
  std::vector<amqp_table_entry_t> kept;
  for (int i = 0; i < headers.num_entries; ++i)
    if (is_kept(to_view(headers.entries[i].key))) kept.push_back(headers.entries[i]);
  return kept;
}

DeadLetterFacts read_facts(const amqp_table_t& headers) {
  DeadLetterFacts facts;
  const std::pair<std::string_view, std::string*> places[] = {
      {"reason", &facts.reason},           {"error", &facts.error},
      {"column", &facts.column},           {"exchange", &facts.exchange},
      {"routing-key", &facts.routing_key}, {"time", &facts.time}};
  for (int i = 0; i < headers.num_entries; ++i) {
    const amqp_table_entry_t& entry = headers.entries[i];
    const std::string_view key = to_view(entry.key);
    if (entry.value.kind != AMQP_FIELD_KIND_UTF8 || key.substr(0, kOurs.size()) != kOurs) continue;
    for (const auto& [name, place] : places)
      if (key.substr(kOurs.size()) == name) *place = to_view(entry.value.value.bytes);
  }
  return facts;
}

}  // namespace event_consumer
