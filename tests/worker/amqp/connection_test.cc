#include "worker/amqp/connection.h"

#include <sys/socket.h>

#include "tests/fakes/fake_broker.h"
#include "tests/support/catch.h"
#include "tests/worker/amqp/frames.h"
#include "worker/amqp/confirmed_publisher.h"
#include "worker/amqp/reply.h"

namespace event_consumer {
namespace {

using testing::FakeBroker;

Result<Done> send_ack(AmqpConnection& connection, std::uint64_t tag) {
  amqp_basic_ack_t ack{tag, /*multiple=*/1};
  return connection.send(1, AMQP_BASIC_ACK_METHOD, &ack);
}

// Class and method, the tag in eight bytes, and a flag.
std::uint64_t tag_in(const FakeBroker::Frame& frame) {
  REQUIRE(frame.payload.size() == 13);
  std::uint64_t tag = 0;
  for (std::size_t i = 4; i < 12; ++i)
    tag = (tag << 8) | static_cast<unsigned char>(frame.payload[i]);
  return tag;
}

TEST_CASE("connection: a broker that does not read holds up no acknowledgement, and gets all",
          "[connection]") {
  constexpr std::uint64_t kAcks = 100'000;
  FakeBroker broker;
  AmqpConnection connection = broker.log_in();
  for (std::uint64_t tag = 1; tag <= kAcks; ++tag) REQUIRE(send_ack(connection, tag).ok());
  CHECK(connection.is_sending());
  CHECK_FALSE(connection.has_room());

  std::uint64_t next = 1;
  const TimePoint begin = Clock::now();
  while (next <= kAcks && Clock::now() - begin < std::chrono::seconds(10)) {
    REQUIRE(connection.send_waiting().ok());
    for (const auto& frame : broker.read(10'000))
      if (frame.type == AMQP_FRAME_METHOD && tag_in(frame) == next) ++next;
  }
  CHECK(next == kAcks + 1);
  CHECK_FALSE(connection.is_sending());
}

TEST_CASE("connection: a socket that is writable has room for the longest frame", "[connection]") {
  FakeBroker broker;
  const AmqpConnection connection = broker.log_in();
  int size = 0;
  socklen_t length = sizeof size;
  REQUIRE(getsockopt(connection.fd(), SOL_SOCKET, SO_SNDBUF, &size, &length) == 0);
  CHECK(static_cast<std::size_t>(size) / 3 > connection.largest_frame());
}

TEST_CASE("connection: heads of dead letters as long as a frame never wait for the broker",
          "[connection]") {
  constexpr std::size_t kLetters = 60;
  FakeBroker broker;
  AmqpConnection connection = broker.log_in();
  const LongHeader header(AmqpConnection::kFrameMax - 100);
  ConfirmedPublisher publisher(1, "queue q");
  for (std::uint64_t id = 1; id <= kLetters; ++id)
    REQUIRE(publisher.publish({id, "", "q", "body"}, header.properties).ok());

  // The broker reads little at a time, so that the buffer is as full as it gets at every head.
  std::size_t heads = 0;
  const TimePoint begin = Clock::now();
  while (heads < kLetters && Clock::now() - begin < std::chrono::seconds(20)) {
    REQUIRE(publisher.send_what_fits(connection).ok());
    for (const auto& frame : broker.read(3'000))
      if (frame.type == AMQP_FRAME_HEADER) ++heads;
  }
  CHECK(heads == kLetters);
  CHECK_FALSE(publisher.is_sending());
}

}  // namespace
}  // namespace event_consumer
