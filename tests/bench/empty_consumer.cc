#include "tests/bench/empty_consumer.h"

#include <sys/resource.h>

#include <memory>
#include <stdexcept>

#if __has_include(<rabbitmq-c/amqp.h>)
#include <rabbitmq-c/amqp.h>
#include <rabbitmq-c/tcp_socket.h>
#else
#include <amqp.h>
#include <amqp_tcp_socket.h>
#endif

#include "common/clock.h"

namespace event_consumer::testing {
namespace {

struct Destroy {
  void operator()(amqp_connection_state_t state) const { amqp_destroy_connection(state); }
};
using Connection = std::unique_ptr<amqp_connection_state_t_, Destroy>;

void check(bool good, const char* what) {
  if (!good) throw std::runtime_error(std::string("empty consumer: ") + what);
}

void check_reply(const Connection& connection, const char* what) {
  check(amqp_get_rpc_reply(connection.get()).reply_type == AMQP_RESPONSE_NORMAL, what);
}

double cpu_seconds_of_this_process() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) { return time.tv_sec + time.tv_usec / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Connection connect(int port, std::uint16_t prefetch) {
  Connection connection(amqp_new_connection());
  amqp_socket_t* socket = amqp_tcp_socket_new(connection.get());
  check(amqp_socket_open(socket, "127.0.0.1", port) == AMQP_STATUS_OK, "cannot connect");
  const auto login = amqp_login(connection.get(), "/", AMQP_DEFAULT_MAX_CHANNELS, 131072, 0,
                                AMQP_SASL_METHOD_PLAIN, "guest", "guest");
  check(login.reply_type == AMQP_RESPONSE_NORMAL, "cannot log in");
  amqp_channel_open(connection.get(), 1);
  check_reply(connection, "cannot open a channel");
  amqp_basic_qos(connection.get(), 1, 0, prefetch, 0);
  check_reply(connection, "cannot set the prefetch count");
  return connection;
}

}  // namespace

ConsumerRun run_empty_consumer(int port, const std::string& queue, std::uint64_t events,
                               std::uint16_t prefetch, std::uint64_t acknowledge_every) {
  const Connection connection = connect(port, prefetch);
  const auto begin = Clock::now();
  const double cpu_begin = cpu_seconds_of_this_process();
  amqp_basic_consume(connection.get(), 1, amqp_cstring_bytes(queue.c_str()), amqp_empty_bytes, 0, 0,
                     0, amqp_empty_table);
  check_reply(connection, "cannot consume");
  for (std::uint64_t taken = 0; taken < events; ++taken) {
    amqp_envelope_t envelope;
    amqp_maybe_release_buffers(connection.get());
    const auto reply = amqp_consume_message(connection.get(), &envelope, nullptr, 0);
    check(reply.reply_type == AMQP_RESPONSE_NORMAL, "lost the connection");
    if ((taken + 1) % acknowledge_every == 0 || taken + 1 == events)
      amqp_basic_ack(connection.get(), 1, envelope.delivery_tag, /*multiple=*/1);
    amqp_destroy_envelope(&envelope);
  }
  const std::chrono::duration<double> seconds = Clock::now() - begin;
  const double cpu_seconds = cpu_seconds_of_this_process() - cpu_begin;
  // The answer tells that the broker has taken the last acknowledgement.
  amqp_basic_qos(connection.get(), 1, 0, prefetch, 0);
  check_reply(connection, "the broker did not take the acknowledgements");
  amqp_connection_close(connection.get(), AMQP_REPLY_SUCCESS);
  return {seconds.count(), cpu_seconds};
}

}  // namespace event_consumer::testing
