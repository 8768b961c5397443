// Compressed messages: stored as they were before, or dead-lettered as they came.
#include <zlib.h>
#include <zstd.h>

#include <string>

#include "tests/support/catch.h"
#include "tests/support/click_events.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

std::string zlib(const std::string& text) {
  std::string out(compressBound(text.size()), '\0');
  uLongf size = out.size();
  compress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(text.data()),
           text.size());
  out.resize(size);
  return out;
}

std::string zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

}  // namespace

TEST_CASE("a byte order mark before an event is skipped, compressed or not") {
  TestTopology topology("byte_order_mark");
  topology.declare_topology();
  Service service(topology.environment());
  const std::string mark = "\xef\xbb\xbf";
  AmqpClient client(rabbitmq().url());
  client.publish(topology.exchange(), topology.queue(), mark + ClickEvents().json_at(0));
  MessageProperties properties;
  properties.content_encoding = "zstd";
  client.publish(topology.exchange(), topology.queue(), zstd(mark + ClickEvents().json_at(1)),
                 properties);
  CHECK(wait_until([&] { return topology.distinct_events() == 2; }, seconds(30)));
  INFO(service.log());
  CHECK(topology.rows() == 2);
}

TEST_CASE("compressed messages are stored, and what cannot be decompressed is dead-lettered") {
  TestTopology topology("encodings");
  topology.declare_topology();
  Service service(topology.environment());
  const ClickEvents events;
  AmqpClient client(rabbitmq().url());
  const auto publish = [&](const std::string& body, const std::string& encoding) {
    MessageProperties properties;
    properties.content_encoding = encoding;
    client.publish(topology.exchange(), topology.queue(), body, properties);
  };
  publish(events.json_at(0), "");
  publish(events.json_at(1), "utf-8");
  publish(zlib(events.json_at(2)), "deflate");
  publish(zstd(events.json_at(3)), "zstd");
  publish(zstd(zlib(events.json_at(4))), "deflate, zstd");
  const std::string broken = zstd(events.json_at(5)).substr(0, 40);
  publish(broken, "zstd");
  CHECK(wait_until([&] { return topology.rows() == 5; }, seconds(30)));
  std::optional<Message> letter;
  CHECK(wait_until(
      [&] {
        AmqpClient reader(rabbitmq().url());
        if (reader.queue_exists(topology.dead_letter_queue()))
          letter = reader.get(topology.dead_letter_queue());
        return letter.has_value();
      },
      seconds(30)));
  INFO(service.log());
  REQUIRE(letter);
  CHECK(letter->body == broken);
  CHECK(letter->properties.content_encoding == "zstd");
  CHECK(letter->properties.headers.at("x-event-consumer-reason") == "bad_encoding");
  service.stop();
  CHECK(topology.rows() == 5);
}

}  // namespace event_consumer::testing
