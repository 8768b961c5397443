// What the filters of the chaos run let pass, and when they strike. No process belongs to the
// connection here, and so none is killed.
#include "tests/chaos/ack_filter.h"
#include "tests/chaos/insert_filter.h"
#include "tests/support/catch.h"

namespace event_consumer::testing {
namespace {

using From = LinkFilter::From;
using Then = LinkFilter::Then;

constexpr int kNoPort = 1;

const std::string kHead =
    "POST /?query=&query_id=t HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n";
const std::string kInsert = kHead + std::string(1000, 'r');
const std::string kQuestion = "POST /?x=1 HTTP/1.1\r\nContent-Length: 8\r\n\r\nSELECT 1";
const std::string kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nOk.";
const std::string kChunked =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nOk.\r\n0\r\n\r\n";

struct Wire {
  explicit Wire(FaultKind fault, int times = 1) { trap.arm(fault, times, {}); }

  LinkFilter::Passage ask(const std::string& bytes) { return filter.pass(From::kClient, bytes); }
  LinkFilter::Passage say(const std::string& bytes) { return filter.pass(From::kServer, bytes); }

  WireTrap trap;
  InsertFilter filter{trap, kNoPort};
};

std::string frame(char type, const std::string& payload) {
  std::string bytes{type, 0, 1, 0, 0, 0, static_cast<char>(payload.size())};
  return bytes + payload + '\xCE';
}

const std::string kProtocol = std::string("AMQP\0\0\x09\x01", 8);
const std::string kAck = frame(1, std::string(kBasicAck) + std::string(9, '\0'));
const std::string kQos = frame(1, std::string("\0\x3c\0\x0a", 4) + std::string(7, '\0'));
const std::string kHeartbeat = frame(8, "");

}  // namespace

TEST_CASE("chaos wire: everything passes, cut anywhere, but the insert that is struck") {
  Wire wire(FaultKind::kDropAnswer);
  CHECK(wire.ask(kQuestion).to_server == kQuestion);
  CHECK(wire.say(kAnswer).to_client == kAnswer);
  CHECK(wire.ask(kInsert.substr(0, 10)).to_server.empty());
  CHECK(wire.ask(kInsert.substr(10, 300)).to_server == kInsert.substr(0, 310));
  CHECK(wire.ask(kInsert.substr(310)).to_server == kInsert.substr(310));
  CHECK(wire.say(kAnswer.substr(0, 20)).then == Then::kGoOn);
  CHECK(wire.trap.struck() == 0);
  const auto passage = wire.say(kAnswer.substr(20));
  CHECK(passage.to_client.empty());
  CHECK(passage.then == Then::kReset);
  CHECK(wire.trap.struck() == 1);
}

TEST_CASE("chaos wire: an insert is struck as often as asked, and by none of the other faults") {
  Wire wire(FaultKind::kAnswer503, 2);
  for (int i = 0; i < 2; ++i) {
    wire.ask(kInsert);
    const auto passage = wire.say(kChunked);
    CHECK(passage.to_client.substr(0, 12) == "HTTP/1.1 503");
    CHECK(passage.then == Then::kClose);
  }
  wire.ask(kInsert);
  CHECK(wire.say(kChunked).to_client == kChunked);
  CHECK(wire.trap.struck() == 2);

  Wire other(FaultKind::kKillBeforeAck);
  other.ask(kInsert);
  CHECK(other.say(kAnswer).to_client == kAnswer);
}

TEST_CASE("chaos wire: a request that is cut") {
  SECTION("at its first bytes") {
    Wire wire(FaultKind::kKillAtFirstBytes);
    const auto passage = wire.ask(kInsert.substr(0, 500));
    CHECK(passage.to_server == kInsert.substr(0, kHead.size() + 100));
    CHECK(passage.then == Then::kReset);
  }
  SECTION("in the middle") {
    Wire wire(FaultKind::kResetInMidRequest);
    CHECK(wire.ask(kInsert.substr(0, 200)).to_server.empty());
    const auto passage = wire.ask(kInsert.substr(200));
    CHECK(passage.to_server == kInsert.substr(0, kInsert.size() / 2));
    CHECK(passage.then == Then::kReset);
  }
  SECTION("when it is whole, of which nothing arrives") {
    Wire wire(FaultKind::kKillWhenWhole);
    const auto part = wire.ask(kInsert.substr(0, 900));
    CHECK(part.to_server.empty());
    CHECK(part.then == Then::kGoOn);
    const auto passage = wire.ask(kInsert.substr(900));
    CHECK(passage.to_server.empty());
    CHECK(passage.then == Then::kReset);
  }
}

TEST_CASE("chaos wire: who is killed when answered has had the whole answer") {
  Wire wire(FaultKind::kKillWhenAnswered);
  wire.ask(kInsert);
  CHECK(wire.say(kAnswer.substr(0, 30)).to_client.empty());
  CHECK(wire.say(kAnswer.substr(30)).to_client == kAnswer);
  CHECK(wire.trap.struck() == 0);
  wire.filter.passed();
  CHECK(wire.trap.struck() == 1);
  wire.ask(kInsert);
  CHECK(wire.say(kAnswer).to_client == kAnswer);
  wire.filter.passed();
  CHECK(wire.trap.struck() == 1);
}

TEST_CASE("chaos wire: an answer may come before its request has ended") {
  Wire wire(FaultKind::kKillBeforeAck);
  wire.ask(kInsert.substr(0, 600));
  CHECK(wire.say(kAnswer).to_client == kAnswer);
  CHECK(wire.ask(kInsert.substr(600)).to_server == kInsert.substr(600));
  CHECK(wire.ask(kQuestion).to_server == kQuestion);
}

TEST_CASE("chaos wire: the first acknowledgement is struck, and nothing else") {
  WireTrap trap;
  trap.arm(FaultKind::kKillBeforeAck, 1, {});
  AckFilter filter(trap, kNoPort);
  const std::string before = kProtocol + kQos + kHeartbeat;
  CHECK(filter.pass(From::kClient, before).to_server == before);
  CHECK(filter.pass(From::kServer, kAck).to_client == kAck);
  CHECK(filter.pass(From::kClient, kAck.substr(0, 9)).to_server == kAck.substr(0, 9));
  CHECK(trap.struck() == 0);
  const auto passage = filter.pass(From::kClient, kAck.substr(9));
  CHECK(passage.to_server.empty());
  CHECK(passage.then == Then::kReset);
  CHECK(trap.struck() == 1);
}

TEST_CASE("chaos wire: the worker dies when its acknowledgement is passed on") {
  WireTrap trap;
  trap.arm(FaultKind::kKillAfterAck, 1, {});
  AckFilter filter(trap, kNoPort);
  filter.pass(From::kClient, kProtocol);
  filter.passed();
  CHECK(filter.pass(From::kClient, kAck).to_server == kAck);
  CHECK(trap.struck() == 0);
  filter.passed();
  CHECK(trap.struck() == 1);
  CHECK(trap.missed());
}

}  // namespace event_consumer::testing
