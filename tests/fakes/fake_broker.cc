#include "tests/fakes/fake_broker.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <stdexcept>

#include "tests/support/catch.h"
#include "worker/amqp/reply.h"

namespace event_consumer::testing {
namespace {

// Type, channel and size before the payload, and an octet behind it (AMQP 0-9-1, section 4.2.3).
constexpr std::size_t kBefore = 7;

std::string big_endian(std::uint64_t number, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(number >> (8 * i));
  return text;
}

std::size_t size_in(const std::string& frame) {
  std::size_t size = 0;
  for (std::size_t i = 3; i < kBefore; ++i)
    size = (size << 8) | static_cast<unsigned char>(frame[i]);
  return size;
}

}  // namespace

// As over an Ethernet: with the segments and windows of loopback, buffers hold megabytes.
FakeBroker::FakeBroker() {
  const int segment = 1448;
  setsockopt(listener_.fd(), IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
  const int window = 16384;
  setsockopt(listener_.fd(), SOL_SOCKET, SO_RCVBUF, &window, sizeof window);
}

AmqpConnection FakeBroker::log_in() {
  AmqpUrl url;
  url.host = "127.0.0.1";
  url.port = listener_.port();
  url.heartbeat = std::chrono::seconds(1);
  std::thread broker([this] { answer_login(); });
  auto connection = AmqpConnection::open(url, "test");
  broker.join();
  if (!connection) FAIL(connection.error().message);
  return std::move(*connection);
}

void FakeBroker::answer_login() {
  link_ = listener_.accept();
  std::array<char, 8> header;
  recv(link_.get(), header.data(), header.size(), MSG_WAITALL);
  amqp_connection_start_t start{0, 9, amqp_empty_table, amqp_cstring_bytes("PLAIN"),
                                amqp_cstring_bytes("en_US")};
  say(AMQP_CONNECTION_START_METHOD, &start);
  read_frame();
  amqp_connection_tune_t tune{2047, AmqpConnection::kFrameMax, /*heartbeat=*/1};
  say(AMQP_CONNECTION_TUNE_METHOD, &tune);
  read_frame();
  read_frame();
  amqp_connection_open_ok_t open_ok{};
  say(AMQP_CONNECTION_OPEN_OK_METHOD, &open_ok);
}

void FakeBroker::say(amqp_method_number_t method, void* decoded) {
  std::array<char, 4096> arguments;
  const int length = amqp_encode_method(method, decoded, {arguments.size(), arguments.data()});
  const std::string payload =
      big_endian(method, 4) + std::string(arguments.data(), static_cast<std::size_t>(length));
  const std::string frame = big_endian(AMQP_FRAME_METHOD, 1) + big_endian(0, 2) +
                            big_endian(payload.size(), 4) + payload + big_endian(AMQP_FRAME_END, 1);
  send(link_.get(), frame.data(), frame.size(), MSG_NOSIGNAL);
}

FakeBroker::Frame FakeBroker::read_frame() {
  for (;;) {
    if (auto frame = next_frame()) return *frame;
    std::array<char, 4096> bytes;
    const ssize_t got = recv(link_.get(), bytes.data(), bytes.size(), 0);
    if (got <= 0) return {};
    unread_.append(bytes.data(), static_cast<std::size_t>(got));
  }
}

std::optional<FakeBroker::Frame> FakeBroker::next_frame() {
  if (unread_.size() < kBefore || unread_.size() < kBefore + size_in(unread_) + 1) return {};
  Frame frame{unread_[0], unread_.substr(kBefore, size_in(unread_))};
  unread_.erase(0, kBefore + frame.payload.size() + 1);
  return frame;
}

std::vector<FakeBroker::Frame> FakeBroker::read(std::size_t most_bytes) {
  std::string bytes(most_bytes, '\0');
  const ssize_t got = recv(link_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (got > 0) unread_.append(bytes, 0, static_cast<std::size_t>(got));
  std::vector<Frame> frames;
  while (auto frame = next_frame()) frames.push_back(std::move(*frame));
  return frames;
}

}  // namespace event_consumer::testing
