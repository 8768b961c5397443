#include "worker/amqp/confirmed_publisher.h"

#include <string>
#include <vector>

#include "common/text.h"
#include "tests/support/catch.h"
#include "tests/worker/amqp/frames.h"

namespace event_consumer {
namespace {

using Verdict = ConfirmedPublisher::Verdict;

// Encoded, no properties are two bytes of flags.
constexpr std::size_t kNoProperties = 2;

// A publisher, and a broker's side of its channel.
class Channel {
 public:
  ConfirmedPublisher publisher{1, "queue q on RabbitMQ h"};

  void publish(std::uint64_t id, const std::string& body = "body") {
    publish_to("exchange", id, body);
  }
  void publish_to(const std::string& exchange, std::uint64_t id, const std::string& body) {
    REQUIRE(publisher.publish({id, exchange, "key", body}, {}).ok());
  }
  // The frames to be sent, each in a word: «publish exchange/key», «header size», the body.
  std::vector<std::string> send(std::size_t most = 1000) {
    std::vector<std::string> sent;
    while (sent.size() < most) {
      const auto frame = publisher.next_frame();
      if (!frame) break;
      CHECK(frame->channel == 1);
      sent.push_back(in_words(*frame));
    }
    return sent;
  }
  Result<Done> ack(std::uint64_t number, bool multiple = false) {
    amqp_basic_ack_t ack{number, static_cast<amqp_boolean_t>(multiple)};
    return publisher.handle(method_frame(AMQP_BASIC_ACK_METHOD, &ack));
  }
  Result<Done> nack(std::uint64_t number, bool multiple = false) {
    amqp_basic_nack_t nack{number, static_cast<amqp_boolean_t>(multiple), 0};
    return publisher.handle(method_frame(AMQP_BASIC_NACK_METHOD, &nack));
  }
  void give_back(const std::string& exchange, const std::string& body) {
    amqp_basic_return_t returned{};
    returned.reply_code = 312;
    returned.exchange = to_bytes(exchange);
    returned.routing_key = amqp_cstring_bytes("key");
    CHECK(publisher.handle(method_frame(AMQP_BASIC_RETURN_METHOD, &returned)).ok());
    CHECK(publisher.handle(header_frame(body.size())).ok());
    for (const char& c : body) CHECK(publisher.handle(body_frame({&c, 1})).ok());
  }
  // The ids of the next messages with this verdict, taken out.
  std::vector<std::uint64_t> take(Verdict verdict) {
    std::vector<std::uint64_t> ids;
    while (!publisher.empty() && publisher.verdict() == verdict)
      ids.push_back(publisher.take_next().id);
    return ids;
  }

 private:
  static std::string in_words(const amqp_frame_t& frame) {
    if (frame.frame_type == AMQP_FRAME_BODY)
      return std::string(to_view(frame.payload.body_fragment));
    if (frame.frame_type == AMQP_FRAME_HEADER)
      return "header " + std::to_string(frame.payload.properties.body_size);
    REQUIRE(frame.payload.method.id == AMQP_BASIC_PUBLISH_METHOD);
    const auto* publish = static_cast<const amqp_basic_publish_t*>(frame.payload.method.decoded);
    CHECK(publish->mandatory == 1);
    return "publish " + std::string(to_view(publish->exchange)) + "/" +
           std::string(to_view(publish->routing_key));
  }
};

using Words = std::vector<std::string>;
using Ids = std::vector<std::uint64_t>;

TEST_CASE("confirmed publisher: a message is sent in its frames, in order",
          "[confirmed_publisher]") {
  Channel channel;
  CHECK(channel.send().empty());
  channel.publish(1, "one");
  channel.publish(2, "");
  CHECK(channel.publisher.bytes() == 3 + 2 * kNoProperties);
  CHECK(channel.publisher.is_sending());
  CHECK(channel.send() ==
        Words{"publish exchange/key", "header 3", "one", "publish exchange/key", "header 0"});
  CHECK_FALSE(channel.publisher.is_sending());
  CHECK_FALSE(channel.publisher.is_half_sent());
  CHECK(channel.publisher.verdict() == Verdict::kUndecided);
}

TEST_CASE("confirmed publisher: a long body goes in pieces that fit the smallest frame",
          "[confirmed_publisher]") {
  Channel channel;
  std::string body(10'000, 'a');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i % 26);
  channel.publish(1, body);
  const Words head = channel.send(2);
  std::string sent;
  while (channel.publisher.is_sending()) {
    CHECK(channel.publisher.is_half_sent());
    const std::string piece = channel.send(1).front();
    CHECK(piece.size() + 8 <= 4096);
    sent += piece;
  }
  CHECK(sent == body);
  CHECK_FALSE(channel.publisher.is_half_sent());
}

TEST_CASE("confirmed publisher: properties arrive as they were given", "[confirmed_publisher]") {
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_TYPE_FLAG;
  properties.delivery_mode = 2;
  properties.type = amqp_cstring_bytes("click");
  ConfirmedPublisher publisher(1, "q");
  REQUIRE(publisher.publish({1, "", "q", ""}, properties).ok());
  REQUIRE(publisher.next_frame());
  const auto header = publisher.next_frame();
  REQUIRE(header);
  const auto* sent =
      static_cast<const amqp_basic_properties_t*>(header->payload.properties.decoded);
  CHECK(sent->_flags == properties._flags);
  CHECK(sent->delivery_mode == 2);
  CHECK(to_view(sent->type) == "click");
}

TEST_CASE("confirmed publisher: properties that fit no frame are refused at once",
          "[confirmed_publisher]") {
  const LongHeader header(200'000);
  ConfirmedPublisher publisher(1, "queue q");
  const auto done = publisher.publish({1, "", "q", "body"}, header.properties);
  REQUIRE_FALSE(done.ok());
  CHECK(done.error().kind == ErrorKind::kLinkLost);
  CHECK(publisher.empty());
  CHECK(publisher.bytes() == 0);
}

TEST_CASE("confirmed publisher: what waits counts with its headers", "[confirmed_publisher]") {
  constexpr std::size_t kBytes = 60'000;
  const LongHeader header(kBytes);
  ConfirmedPublisher publisher(1, "queue q");
  for (std::uint64_t id = 1; id <= 5; ++id)
    REQUIRE(publisher.publish({id, "", "q", "body"}, header.properties).ok());
  CHECK(publisher.bytes() > 5 * kBytes);
}

TEST_CASE("confirmed publisher: confirms one by one, of several, and out of order",
          "[confirmed_publisher]") {
  Channel channel;
  for (std::uint64_t id = 11; id <= 16; ++id) channel.publish(id);
  channel.send();
  CHECK(channel.ack(1).ok());
  CHECK(channel.take(Verdict::kTaken) == Ids{11});
  CHECK(channel.ack(3).ok());
  CHECK(channel.take(Verdict::kTaken) == Ids{13});  // 12, before it, may never be decided
  CHECK(channel.ack(3).ok());
  CHECK(channel.publisher.verdict() == Verdict::kUndecided);
  CHECK(channel.ack(5, /*multiple=*/true).ok());
  CHECK(channel.take(Verdict::kTaken) == Ids{12, 14, 15});
  CHECK(channel.publisher.bytes() == 4 + kNoProperties);
  channel.publish(17);
  channel.send();
  CHECK(channel.ack(7, /*multiple=*/true).ok());
  CHECK(channel.take(Verdict::kTaken) == Ids{16, 17});
  CHECK(channel.publisher.empty());
  CHECK(channel.publisher.bytes() == 0);
}

TEST_CASE("confirmed publisher: a confirm of what was not sent, or is long confirmed, says nothing",
          "[confirmed_publisher]") {
  Channel channel;
  CHECK(channel.ack(1).ok());
  channel.publish(1);
  channel.publish(2);
  channel.send(4);  // the second one by half
  CHECK(channel.ack(2).ok());
  CHECK(channel.ack(9).ok());
  CHECK(channel.ack(0).ok());
  CHECK(channel.publisher.verdict() == Verdict::kUndecided);
  CHECK(channel.ack(9, /*multiple=*/true).ok());
  CHECK(channel.take(Verdict::kTaken) == Ids{1});
  channel.send();
  CHECK(channel.ack(1).ok());
  CHECK(channel.publisher.verdict() == Verdict::kUndecided);
}

TEST_CASE("confirmed publisher: a refusal is a verdict, in its turn", "[confirmed_publisher]") {
  Channel channel;
  for (std::uint64_t id = 1; id <= 4; ++id) channel.publish(id);
  channel.send();
  CHECK(channel.nack(2).ok());
  CHECK(channel.publisher.verdict() == Verdict::kUndecided);
  CHECK(channel.ack(1).ok());
  CHECK(channel.take(Verdict::kTaken) == Ids{1});
  CHECK(channel.take(Verdict::kRefused) == Ids{2});
  CHECK(channel.nack(4, /*multiple=*/true).ok());
  CHECK(channel.take(Verdict::kRefused) == Ids{3, 4});
}

TEST_CASE("confirmed publisher: the confirm behind a return means nothing",
          "[confirmed_publisher]") {
  Channel channel;
  channel.publish(1, "one");
  channel.publish(2, "two");
  channel.publish(3, "three");
  channel.send();
  channel.give_back("exchange", "two");
  CHECK(channel.ack(3, /*multiple=*/true).ok());
  CHECK(channel.take(Verdict::kTaken) == Ids{1, 3});
  CHECK(channel.take(Verdict::kReturned) == Ids{2});
}

TEST_CASE("confirmed publisher: a returned message may be taken out before its confirm comes",
          "[confirmed_publisher]") {
  Channel channel;
  channel.publish(1, "one");
  channel.publish(2, "two");
  channel.send();
  channel.give_back("exchange", "one");
  CHECK(channel.take(Verdict::kReturned) == Ids{1});
  CHECK(channel.ack(1).ok());
  CHECK(channel.publisher.verdict() == Verdict::kUndecided);
  CHECK(channel.ack(2).ok());
  CHECK(channel.take(Verdict::kTaken) == Ids{2});
}

TEST_CASE("confirmed publisher: a return is told by exchange, key and body",
          "[confirmed_publisher]") {
  Channel channel;
  channel.publish_to("a", 1, "same");
  channel.publish_to("b", 2, "same");
  channel.publish_to("b", 3, "same");
  channel.publish_to("b", 4, "");
  channel.send();
  channel.give_back("b", "same");
  channel.give_back("b", "same");
  channel.give_back("b", "");
  CHECK(channel.ack(4, /*multiple=*/true).ok());
  CHECK(channel.take(Verdict::kTaken) == Ids{1});
  CHECK(channel.take(Verdict::kReturned) == Ids{2, 3, 4});
}

TEST_CASE("confirmed publisher: a return that matches nothing may be any message",
          "[confirmed_publisher]") {
  Channel channel;
  channel.publish(1, "one");
  channel.publish(2, "two");
  channel.send();
  channel.give_back("exchange", "another");
  CHECK(channel.ack(2, /*multiple=*/true).ok());
  CHECK(channel.take(Verdict::kReturned) == Ids{1, 2});
}

TEST_CASE("confirmed publisher: a close says why", "[confirmed_publisher]") {
  Channel channel;
  channel.publish(1);
  channel.send();
  amqp_channel_close_t close{};
  close.reply_code = 403;
  close.reply_text = amqp_cstring_bytes("ACCESS_REFUSED - no");
  const auto refused = channel.publisher.handle(method_frame(AMQP_CHANNEL_CLOSE_METHOD, &close));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::kConfiguration);
  CHECK(refused.error().message ==
        "queue q on RabbitMQ h: the server says 403 ACCESS_REFUSED - no");

  amqp_connection_close_t end{};
  end.reply_code = 320;
  end.reply_text = amqp_cstring_bytes("CONNECTION_FORCED");
  const auto lost = channel.publisher.handle(method_frame(AMQP_CONNECTION_CLOSE_METHOD, &end, 0));
  REQUIRE_FALSE(lost.ok());
  CHECK(lost.error().kind == ErrorKind::kLinkLost);
  CHECK(channel.publisher.verdict() == Verdict::kUndecided);
}

TEST_CASE("confirmed publisher: another channel's frames are nobody's business here",
          "[confirmed_publisher]") {
  Channel channel;
  channel.publish(1);
  channel.send();
  amqp_basic_ack_t ack{1, 0};
  CHECK(channel.publisher.handle(method_frame(AMQP_BASIC_ACK_METHOD, &ack, /*channel=*/2)).ok());
  amqp_frame_t body = body_frame("x");
  body.channel = 2;
  CHECK(channel.publisher.handle(body).ok());
  CHECK(channel.publisher.verdict() == Verdict::kUndecided);
  CHECK_FALSE(channel.publisher.handle(body_frame("x")).ok());  // out of turn on ours
}

TEST_CASE(
    "confirmed publisher: on a new channel all that was not taken out is sent again, one ahead",
    "[confirmed_publisher]") {
  Channel channel;
  for (std::uint64_t id = 1; id <= 4; ++id) channel.publish(id, std::to_string(id));
  channel.send(8);  // the third by half
  CHECK(channel.ack(1).ok());
  CHECK(channel.take(Verdict::kTaken) == Ids{1});
  CHECK(channel.nack(2).ok());
  channel.publisher.start_again();
  CHECK(channel.publisher.verdict() == Verdict::kUndecided);
  CHECK_FALSE(channel.publisher.is_half_sent());
  CHECK(channel.publisher.bytes() == 3 + 3 * kNoProperties);
  // What is refused alone is not the end of the others, nor are they sent with each try.
  CHECK(channel.send() == Words{"publish exchange/key", "header 1", "2"});
  CHECK_FALSE(channel.publisher.is_sending());
  // Numbers begin anew.
  CHECK(channel.ack(1).ok());
  CHECK(channel.take(Verdict::kTaken) == Ids{2});
  CHECK(channel.send() ==
        Words{"publish exchange/key", "header 1", "3", "publish exchange/key", "header 1", "4"});
  CHECK(channel.ack(3, /*multiple=*/true).ok());
  CHECK(channel.take(Verdict::kTaken) == Ids{3, 4});
}

// RabbitMQ sends the confirms of a moment before its refusals (rabbit_channel.erl,
// send_confirms_and_nacks).
TEST_CASE("confirmed publisher: what was taken before one refused ahead of it is not sent again",
          "[confirmed_publisher]") {
  Channel channel;
  for (std::uint64_t id = 1; id <= 4; ++id) channel.publish(id, std::to_string(id));
  channel.send();
  CHECK(channel.ack(2).ok());
  CHECK(channel.ack(4).ok());
  CHECK(channel.nack(1).ok());
  CHECK(channel.take(Verdict::kTaken) == Ids{2, 4});
  CHECK(channel.publisher.verdict() == Verdict::kRefused);
  channel.publisher.start_again();
  CHECK(channel.send() == Words{"publish exchange/key", "header 1", "1"});
  CHECK(channel.ack(1).ok());
  CHECK(channel.send() == Words{"publish exchange/key", "header 1", "3"});
  CHECK(channel.ack(2).ok());
  CHECK(channel.take(Verdict::kTaken) == Ids{1, 3});
  CHECK(channel.publisher.bytes() == 0);
}

TEST_CASE("confirmed publisher: what is forgotten is neither sent nor reported",
          "[confirmed_publisher]") {
  Channel channel;
  for (std::uint64_t id = 1; id <= 3; ++id) channel.publish(id);
  channel.send(3);
  channel.publisher.forget();
  CHECK(channel.publisher.empty());
  CHECK(channel.publisher.bytes() == 0);
  CHECK(channel.send().empty());
  channel.publish(4, "four");
  CHECK(channel.send() == Words{"publish exchange/key", "header 4", "four"});
  CHECK(channel.ack(1).ok());  // of what was sent before
  CHECK(channel.publisher.verdict() == Verdict::kUndecided);
  CHECK(channel.ack(2).ok());
  CHECK(channel.take(Verdict::kTaken) == Ids{4});
}

TEST_CASE("confirmed publisher: a forgotten message that is half sent is sent to its end",
          "[confirmed_publisher]") {
  Channel channel;
  channel.publish(1, "one");
  channel.publish(2, "two");
  const std::size_t so_many = GENERATE(4, 5);  // the second has its method, or its header too
  channel.send(so_many);
  channel.publisher.forget();
  CHECK(channel.publisher.bytes() == 3 + kNoProperties);
  channel.publish(3, "three");
  Words left = channel.send();
  if (so_many == 4) left.erase(left.begin());
  CHECK(left == Words{"two", "publish exchange/key", "header 5", "three"});
  CHECK(channel.ack(1).ok());
  CHECK(channel.publisher.verdict() == Verdict::kUndecided);
  SECTION("and its confirm is nobody's") {
    CHECK(channel.ack(3, /*multiple=*/true).ok());
    CHECK(channel.take(Verdict::kTaken) == Ids{3});
  }
  SECTION("and so is its return") {
    channel.give_back("exchange", "two");
    CHECK(channel.ack(2).ok());
    CHECK(channel.publisher.verdict() == Verdict::kUndecided);
    CHECK(channel.publisher.bytes() == 5 + kNoProperties);
    CHECK(channel.ack(3).ok());
    CHECK(channel.take(Verdict::kTaken) == Ids{3});
  }
  SECTION("and on a new channel it is not sent at all") {
    channel.publisher.start_again();
    CHECK(channel.send() == Words{"publish exchange/key", "header 5", "three"});
  }
  SECTION("and may be forgotten again") {
    channel.publisher.forget();
    CHECK(channel.publisher.empty());
  }
}

}  // namespace
}  // namespace event_consumer
