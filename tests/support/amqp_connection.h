// The inside of AmqpClient: the rabbitmq-c connection, its channels and its errors in words. Not
// for tests to include.
#pragma once

#if __has_include(<rabbitmq-c/amqp.h>)
#include <rabbitmq-c/amqp.h>
#include <rabbitmq-c/tcp_socket.h>
#else
#include <amqp.h>
#include <amqp_tcp_socket.h>
#endif

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/amqp_client.h"

namespace event_consumer::testing {

// Messages fetched with get travel on a channel of their own: on the main one a confirm could come
// between the parts of such a message, which rabbitmq-c does not sort out.
constexpr amqp_channel_t kMainChannel = 1;
constexpr amqp_channel_t kGetChannel = 2;
// Opened and closed for each question that the broker may answer with an error.
constexpr amqp_channel_t kProbeChannel = 3;

inline amqp_bytes_t bytes(std::string_view text) {
  return {text.size(), const_cast<char*>(text.data())};
}
inline std::string_view text(amqp_bytes_t bytes) {
  return {static_cast<const char*>(bytes.bytes), bytes.len};
}

// An AMQP table of strings and numbers. It refers to the map that it was made of.
class Table {
 public:
  explicit Table(const QueueArguments& arguments);
  explicit Table(const std::map<std::string, std::string>& headers);
  void add(const amqp_table_entry_t& entry) { entries_.push_back(entry); }
  amqp_table_t get() const;

 private:
  std::vector<amqp_table_entry_t> entries_;
};

struct AmqpClient::Connection {
 public:
  explicit Connection(const std::string& url);
  ~Connection();

  amqp_connection_state_t state() const { return state_; }

  // Throws with `what` and the broker's words when the last call that waited for it failed.
  void expect_success(const std::string& what);
  // Throws when `status`, the answer of a call that only sends, is an error.
  void expect_sent(int status);

  void publish(const std::string& exchange, const std::string& routing_key, std::string_view body,
               const MessageProperties& properties);
  void enable_confirms();
  bool wait_for_confirms(Duration timeout);
  std::optional<Message> get(const std::string& queue, bool auto_ack);
  amqp_queue_declare_ok_t declare_passively(const std::string& queue);
  bool queue_exists(const std::string& queue);

 private:
  void log_in(const std::string& url);
  // Handles one frame that the broker sent of itself: a confirm or the news of an error, which is
  // thrown. Returns false when none came within `timeout`.
  bool handle_frame(Duration timeout);
  void handle_confirm(std::uint64_t tag, bool multiple);

  amqp_connection_state_t state_;
  bool confirms_ = false;
  std::uint64_t published_ = 0;
  std::set<std::uint64_t> unconfirmed_;
};

}  // namespace event_consumer::testing
