// AmqpConnection: one connection to RabbitMQ: connecting, logging in, channels, frames in and out.
// It knows nothing of queues or deliveries. Once it is open, nothing is sent for which the socket
// has no room: a broker that does not read holds up nobody. Whoever destroys it closes the socket
// at once, without a handshake. Not for use by two threads.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/amqp_url.h"
#include "common/clock.h"
#include "common/result.h"
#include "worker/amqp/library.h"
#include "worker/tls.h"

namespace event_consumer {

class AmqpConnection {
 public:
  // The longest frame that is sent or taken, unless the broker asks for less. RabbitMQ 4.1 refuses
  // less than 8192; 131072 is what all its versions propose themselves.
  static constexpr int kFrameMax = 131072;

  // Connects and logs in; takes at most about 10 s for the name, for the connection and for each
  // answer, hence belongs on a thread of its own where others wait. `name` is shown in RabbitMQ's
  // list of connections. The Error is kUnreachable when there is no connection, kUnavailable when
  // what is there does not let us in, kConfiguration when the broker refuses the login or the
  // virtual host, or when its certificate is not accepted.
  static Result<AmqpConnection> open(const AmqpUrl& url, const std::string& name);

  // The same at the first of `urls` that lets us in; the failures before it are logged. The
  // Error is that of the last one, and kConfiguration only when all were.
  static Result<AmqpConnection> open_first(const std::vector<AmqpUrl>& urls,
                                           const std::string& name);

  // Opens a channel. May be called again for one that the server has closed.
  Result<Done> open_channel(amqp_channel_t channel);

  // The socket to poll for reading, once next_frame() has returned nothing.
  int fd() const;

  // The next frame that has arrived in full, or nothing when there is none yet; never waits. Also
  // sends and checks heartbeats, hence must be called at least every heartbeat_period(). An Error
  // (kLinkLost) when the connection is gone. The frame is valid until release().
  Result<std::optional<amqp_frame_t>> next_frame();

  // Gives back the memory of the frames returned so far.
  void release();

  // Sends a method, or keeps it until there is room: methods go out in order. An Error (kLinkLost)
  // when the connection is gone.
  Result<Done> send(amqp_channel_t channel, amqp_method_number_t method, void* decoded);

  // Sends what was kept, as far as there is room. To be called when fd() becomes writable while
  // is_sending().
  Result<Done> send_waiting();
  bool is_sending() const { return !waiting_.empty(); }

  // Sends one frame of at most largest_frame(), for which there must be room: it would wait.
  Result<Done> send_frame(const amqp_frame_t& frame);
  bool has_room() const { return !is_sending() && is_writable(); }

  // The result of the last rabbitmq-c call, as an Error when it failed: a server's refusal as
  // kConfiguration, else kLinkLost, also when no answer came. A channel that the server closed is
  // acknowledged as closed, so that it can be opened again.
  Result<Done> check(const std::string& doing, const amqp_rpc_reply_t& reply,
                     amqp_channel_t channel);

  // Closes with a handshake, for which it waits half a second at most; the server requeues what was
  // not acknowledged.
  void close();

  // What the destructor does; nothing may be asked of this object afterwards.
  void drop() { state_.reset(); }
  bool is_open() const { return state_ != nullptr; }

  // No longer frame is agreed with the broker, or fits a socket that has room. Stays known when the
  // connection is dropped.
  std::size_t largest_frame() const { return largest_frame_; }

  // How often next_frame() must be called for heartbeats to be on time.
  Duration heartbeat_period() const;

  // The broker's version by its own word; empty when it gives none.
  std::string server_version() const;

  // Of the certificates that the connection hangs on; 0 without TLS.
  const CertificateExpiry& first_to_expire() const { return first_to_expire_; }

  // «RabbitMQ host:port, virtual host v».
  std::string describe() const { return "RabbitMQ " + url_.describe(); }
  const AmqpUrl& url() const { return url_; }
  amqp_connection_state_t state() { return state_.get(); }

 private:
  struct Destroy {
    void operator()(amqp_connection_state_t state) const { amqp_destroy_connection(state); }
  };
  using State = std::unique_ptr<amqp_connection_state_t_, Destroy>;

  AmqpConnection(State state, const AmqpUrl& url) : state_(std::move(state)), url_(url) {}
  Result<Done> connect_plain();
  Result<Done> connect_tls();
  Result<Done> log_in(const std::string& name);
  TlsPeer tls_peer() const;
  void make_room();
  bool is_writable() const;

  // A method to be sent, encoded.
  struct Method {
    amqp_channel_t channel;
    amqp_method_number_t id;
    std::string arguments;
  };

  State state_;
  AmqpUrl url_;
  std::deque<Method> waiting_;
  std::size_t largest_frame_ = kFrameMax;
  CertificateExpiry first_to_expire_;
};

}  // namespace event_consumer
