#include "tests/support/message_columns.h"

namespace event_consumer::testing {

void create_message_columns(const TestTopology& topology, const ClickhouseEndpoint& clickhouse,
                            const std::string& headers_type) {
  clickhouse.query("CREATE DATABASE " + topology.database());
  clickhouse.query(
      "CREATE TABLE " + topology.table() +
      " (id UInt32, _raw_message String, _exchange_name String, _routing_key String, _queue "
      "String, _content_type Nullable(String), _type String, _message_id String, _timestamp "
      "UInt64, _app_id String, _correlation_id String, _reply_to FixedString(8), _priority UInt8, "
      "_user_id String, _redelivered UInt8, _delivery_count UInt32, _delivery_tag UInt64, "
      "_received_at DateTime, _event_index UInt32, _unmatched String, _headers " +
      headers_type + ") ENGINE = MergeTree() ORDER BY id");
}

std::string full_body() { return R"( {"id": 7, "more": [1, 2], "and": "x"} )"; }

MessageProperties full_properties() {
  MessageProperties properties;
  properties.message_id = "message-1";
  properties.headers = {{"x-tenant", "acme"}, {"x-quote", "\"'"}};
  properties.correlation_id = "correlation-1";
  properties.reply_to = "answers";
  properties.type = "order.created";
  properties.user_id = "guest";  // RabbitMQ takes the own name only
  properties.app_id = "shop";
  properties.priority = 3;
  properties.timestamp = 1'766'139'630;
  return properties;
}

std::string wrong_in_row(const TestTopology& topology, const ClickhouseEndpoint& clickhouse,
                         const std::string& headers) {
  const std::string row = clickhouse.query(
      "SELECT id, hex(_raw_message) = hex(' {\"id\": 7, \"more\": [1, 2], \"and\": \"x\"} '), "
      "_exchange_name, _routing_key, _queue, _content_type, _type, _message_id, _timestamp, "
      "_app_id, _correlation_id, toStringCutToZero(_reply_to), _priority, _user_id, _redelivered, "
      "_delivery_count, _delivery_tag, abs(toInt64(now()) - "
      "toInt64(toUnixTimestamp(_received_at))) "
      "< 300, _event_index, _unmatched, _headers FROM " +
      topology.table());
  const std::string expected = "7\t1\t" + topology.exchange() + "\t" + topology.queue() + "\t" +
                               topology.queue() +
                               "\tapplication/json\torder.created\tmessage-1\t1766139630\tshop\t"
                               "correlation-1\tanswers\t3\tguest\t0\t0\t1\t1\t0\t"
                               "{\"more\":[1, 2],\"and\":\"x\"}\t" +
                               headers + "\n";
  return row == expected ? "" : row + "instead of\n" + expected;
}

}  // namespace event_consumer::testing
