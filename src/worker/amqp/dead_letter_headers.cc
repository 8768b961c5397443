#include "worker/amqp/dead_letter_headers.h"

#include <algorithm>
#include <array>
#include <utility>

#include "worker/amqp/properties.h"
#include "worker/amqp/reply.h"

namespace event_consumer {
namespace {

constexpr std::string_view kOurs = "x-event-consumer-";
constexpr char kLeftOut[] = "x-event-consumer-left-out";

// Of the names of headers that are left out.
constexpr std::size_t kMostNamesBytes = 250;

// RabbitMQ routes by CC and BCC too (its «sender-selected distribution»): kept, they would send a
// copy of the dead letter back to where the message came from. How often a message has come back to
// a quorum queue says nothing in another queue.
bool may_stand_elsewhere(std::string_view name) {
  for (const char* left_out : {"CC", "BCC", "x-delivery-count", "x-acquired-count"})
    if (name == left_out) return false;
  return true;
}

bool is_ours(std::string_view name) { return name.substr(0, kOurs.size()) == kOurs; }

std::size_t encoded_size(amqp_table_entry_t& entry) {
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_HEADERS_FLAG;
  const std::size_t empty = encode_properties(properties).size();
  properties.headers = {1, &entry};
  return encode_properties(properties).size() - empty;
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
    : time_(to_text(now)), event_(std::to_string(rejection.event.value_or(0))) {
  if ((original._flags & AMQP_BASIC_HEADERS_FLAG) != 0)
    entries_ = original_headers(original.headers);
  originals_ = entries_.size();
  add("x-event-consumer-reason", slug(rejection.reason));
  add("x-event-consumer-error", rejection.error);
  if (!rejection.column.empty()) add("x-event-consumer-column", rejection.column);
  if (rejection.event) add("x-event-consumer-event", event_);
  add("x-event-consumer-exchange", delivery.exchange);
  add("x-event-consumer-routing-key", delivery.routing_key);
  add("x-event-consumer-time", time_);
}

void DeadLetterHeaders::leave_out(std::size_t bytes) {
  std::vector<std::pair<std::size_t, std::size_t>> lengths;  // and the place
  for (std::size_t i = 0; i < originals_; ++i) lengths.emplace_back(encoded_size(entries_[i]), i);
  std::sort(lengths.begin(), lengths.end(), [](const auto& a, const auto& b) {
    return std::pair(b.first, a.second) < std::pair(a.first, b.second);
  });
  std::vector<bool> goes(entries_.size());
  // The header that says so takes its place too.
  const std::size_t needed = bytes + sizeof kLeftOut + kMostNamesBytes + 8;
  std::size_t gone = 0;
  for (auto longest = lengths.begin(); longest != lengths.end() && gone < needed; ++longest) {
    gone += longest->first;
    goes[longest->second] = true;
    left_out_ += (left_out_.empty() ? "" : ", ");
    left_out_ += to_view(entries_[longest->second].key);
  }
  if (left_out_.size() > kMostNamesBytes) {
    left_out_.resize(kMostNamesBytes);
    left_out_ += "…";
  }
  std::vector<amqp_table_entry_t> kept;
  for (std::size_t i = 0; i < entries_.size(); ++i)
    if (!goes[i]) kept.push_back(entries_[i]);
  originals_ -= entries_.size() - kept.size();
  entries_ = std::move(kept);
  add(kLeftOut, left_out_);
}

void DeadLetterHeaders::add(const char* name, std::string_view value) {
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes(name);
  entry.value.kind = AMQP_FIELD_KIND_UTF8;
  entry.value.value.bytes = to_bytes(value);
  entries_.push_back(entry);
}

std::vector<amqp_table_entry_t> lasting_headers(const amqp_table_t& headers) {
  std::vector<amqp_table_entry_t> kept;
  for (int i = 0; i < headers.num_entries; ++i)
    if (may_stand_elsewhere(to_view(headers.entries[i].key))) kept.push_back(headers.entries[i]);
  return kept;
}

std::vector<amqp_table_entry_t> original_headers(const amqp_table_t& headers) {
  std::vector<amqp_table_entry_t> kept;
  for (const amqp_table_entry_t& entry : lasting_headers(headers))
    if (!is_ours(to_view(entry.key))) kept.push_back(entry);
  return kept;
}

DeadLetterFacts read_facts(const amqp_table_t& headers) {
  DeadLetterFacts facts;
  const std::pair<std::string_view, std::string*> places[] = {
      {"reason", &facts.reason}, {"error", &facts.error},       {"column", &facts.column},
      {"event", &facts.event},   {"exchange", &facts.exchange}, {"routing-key", &facts.routing_key},
      {"time", &facts.time}};
  for (int i = 0; i < headers.num_entries; ++i) {
    const amqp_table_entry_t& entry = headers.entries[i];
    const std::string_view key = to_view(entry.key);
    if (key == "x-death") facts.is_dead_letter = true;
    if (entry.value.kind != AMQP_FIELD_KIND_UTF8 || !is_ours(key)) continue;
    for (const auto& [name, place] : places)
      if (key.substr(kOurs.size()) == name) *place = to_view(entry.value.value.bytes);
  }
  facts.is_dead_letter = facts.is_dead_letter || !facts.reason.empty();
  return facts;
}

}  // namespace event_consumer
