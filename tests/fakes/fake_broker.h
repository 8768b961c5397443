// FakeBroker: one end of a connection to RabbitMQ on a loopback port: it lets the other end log in,
// and then reads and says only what the test asks for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/fakes/fake_http_server.h"
#include "worker/amqp/connection.h"

namespace event_consumer::testing {

class FakeBroker {
 public:
  struct Frame {
    int type;
    std::string payload;
  };

  FakeBroker();

  // A connection that has logged in; it is cut when neither side says anything for two seconds.
  AmqpConnection log_in();

  // Reads what has arrived, and at most so many bytes; returns the frames that are complete.
  std::vector<Frame> read(std::size_t most_bytes);

 private:
  void answer_login();
  void say(amqp_method_number_t method, void* decoded);
  Frame read_frame();
  std::optional<Frame> next_frame();

  LoopbackListener listener_;
  UniqueFd link_;
  std::string unread_;
};

}  // namespace event_consumer::testing
