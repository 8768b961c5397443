#include "worker/insert/encode_anew.h"

#include "tests/fakes/settlement_rig.h"
#include "tests/support/catch.h"
#include "tests/worker/message/encoded_properties.h"

namespace event_consumer {
namespace {

constexpr std::size_t kMostBytes = 100'000;

// Of a table whose columns have of a message what has to be kept for them.
Encoding encoding() {
  std::vector<Column> columns;
  for (const char* name :
       {"code", "_raw_message", "_exchange_name", "_routing_key", "_queue", "_redelivered",
        "_delivery_count", "_delivery_tag", "_received_at", "_headers", "_type"})
    columns.push_back({name, *parse_column_type("String")});
  return {std::move(*RowEncoder::create(std::move(columns), {})), testing::insert_format(), nullptr,
          "orders"};
}

}  // namespace

TEST_CASE("encode anew: a message is what it was when it came", "[encode_anew]") {
  testing::EncodedProperties given;
  given.header("x-delivery-count", AMQP_FIELD_KIND_I64, [](auto& value) { value.i64 = 3; });
  given.set(AMQP_BASIC_TYPE_FLAG, &amqp_basic_properties_t::type, "t");
  const std::string properties = given.encoded();
  Delivery delivery;
  delivery.tag = 1;
  delivery.redelivered = true;
  delivery.taken_at = Clock::now();
  delivery.exchange = "ex";
  delivery.routing_key = "key";
  delivery.body = R"({"code": "a", "more": 1})";
  delivery.properties = properties;

  InFlight in_flight;
  const DeliveryId id = *in_flight.add(delivery, delivery.taken_at);
  in_flight.keep(id, delivery);
  const Scoreboard board = std::move(*Scoreboard::without_sharing());
  CrashGuard guard(board, {1, 0});
  RowWriter writer(encoding(), guard, kMostBytes);
  Batch batch;
  REQUIRE_FALSE(writer.write(delivery, batch.buffer()));
  batch.add(id, writer.groups(), delivery.taken_at);
  batch.seal();

  const EncodedAnew anew = encode_anew(batch, in_flight, writer);
  REQUIRE(anew.batches.size() == 1);
  const auto without_milliseconds = [](std::string row) {
    const std::size_t point = row.find('.');
    REQUIRE(point != std::string::npos);
    return row.erase(point, 4);
  };
  CHECK(without_milliseconds(std::string(anew.batches.front()->bytes())) ==
        without_milliseconds(std::string(batch.bytes())));
}

}  // namespace event_consumer
