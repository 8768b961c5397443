// libFuzzer target: a message with any properties and any body into a table whose columns are
// filled from everything that a message has. The first two bytes say how long the properties are.
// What is made of objects can be read again; what is rejected has words in valid UTF-8.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>

#include "common/utf8.h"
#include "worker/batch/delivery_values.h"
#include "worker/encode/row_encoder.h"

using namespace event_consumer;

namespace {

constexpr std::pair<const char*, const char*> kColumns[] = {{"_raw_message", "String"},
                                                            {"_exchange_name", "String"},
                                                            {"_routing_key", "String"},
                                                            {"_queue", "String"},
                                                            {"_redelivered", "Bool"},
                                                            {"_delivery_count", "Nullable(UInt64)"},
                                                            {"_delivery_tag", "UInt64"},
                                                            {"_received_at", "DateTime64(3)"},
                                                            {"_headers", "String"},
                                                            {"_content_type", "String"},
                                                            {"_type", "FixedString(200)"},
                                                            {"_message_id", "Dynamic"},
                                                            {"_timestamp", "UInt64"},
                                                            {"_app_id", "LowCardinality(String)"},
                                                            {"_correlation_id", "String"},
                                                            {"_reply_to", "Nullable(String)"},
                                                            {"_priority", "UInt8"},
                                                            {"_user_id", "Variant(String, UInt64)"},
                                                            {"_event_index", "UInt8"},
                                                            {"_unmatched", "String"},
                                                            {"rest", "Map(String, String)"},
                                                            {"headers", "Map(String, Dynamic)"},
                                                            {"a", "String"},
                                                            {"doc", "JSON"},
                                                            {"b", "String"},
                                                            {"c", "Array(String)"},
                                                            {"d", "String"},
                                                            {"h", "String"}};
constexpr char kSources[] =
    "rest=@unmatched,headers=@headers,doc=@body,b=a.b,c=a.b.c,d=x.1.d,h=@header.h";

RowEncoder make() {
  std::vector<Column> columns;
  for (const auto& [name, type] : kColumns) columns.push_back({name, *parse_column_type(type)});
  ColumnSources sources;
  if (parse_column_sources(kSources, sources)) std::abort();
  return std::move(*RowEncoder::create(std::move(columns), {}, RowFormat::kRowBinary, sources));
}

void expect_object(std::string_view text) {
  JsonEvent event({"any"});
  const auto rejection = event.read(text);
  // Around the deepest that it may be stands one object more.
  if (rejection && rejection->reason != Reason::kTooDeep) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static RowEncoder encoder = make();
  if (size < 2) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data + 2), size - 2);
  Delivery delivery;
  delivery.redelivered = true;
  delivery.properties = rest.substr(0, std::size_t{data[0]} << 8 | data[1]);
  delivery.body = rest.substr(delivery.properties.size());
  DeliveryValues values("queue");
  values.begin(delivery);
  const JsonValue headers = values.value(MessageField::kHeaders, "");
  if (!headers.is_empty()) expect_object(headers.text);
  RowBuffer rows;
  const auto rejection = encoder.encode(delivery.body, values, rows);
  if (rejection && find_invalid_utf8(rejection->error) != std::string::npos) std::abort();
  if (rejection && rows.size() != 0) std::abort();
  return 0;
}
