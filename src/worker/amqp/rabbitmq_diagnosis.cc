#include "worker/amqp/rabbitmq_diagnosis.h"

#include <spdlog/fmt/fmt.h>

#include <string>

#include "common/text.h"
#include "worker/amqp/reply.h"

namespace event_consumer {
namespace {

constexpr int kAccessRefused = 403;
constexpr int kResourceLocked = 405;
constexpr int kPreconditionFailed = 406;
constexpr int kNotAllowed = 530;

// The code alone does not tell what was refused; RabbitMQ's words do.
std::string remedy_for(const Error& error, const AmqpUrl& url) {
  const std::string set_permissions = fmt::format(
      "rabbitmqctl set_permissions -p {} {} CONFIGURE WRITE READ", url.virtual_host, url.user);
  if (error.peer_code == kAccessRefused && contains(error.message, "Login was refused"))
    return url.external ? "create the user whom our certificate names (ssl_cert_login_from says by "
                          "which part), and permit EXTERNAL: auth_mechanisms.N = EXTERNAL, and the "
                          "plugin rabbitmq_auth_mechanism_ssl"
                        : "correct user and password in RABBITMQ_URL (guest may log in from the "
                          "broker's own host only)";
  if (error.peer_code == kAccessRefused && contains(error.message, "in exclusive use"))
    return fmt::format(
        "another consumer has the queue for itself: stop it, or have it consume without "
        "«exclusive»; rabbitmqctl list_consumers -p {} shows it",
        url.virtual_host);
  if (error.peer_code == kAccessRefused && contains(error.message, "contains reserved prefix"))
    return "RabbitMQ keeps names that begin with amq. for itself: choose another name";
  if (error.peer_code == kAccessRefused)
    return fmt::format("give user {} the missing right: {}", url.user, set_permissions);
  if (error.peer_code == kResourceLocked)
    return "the queue is for the connection alone that declared it «exclusive», and goes with it: "
           "correct RABBITMQ_QUEUE, or have it declared without";
  if (error.peer_code == kPreconditionFailed && contains(error.message, "is a stream"))
    return "name a classic or a quorum queue in RABBITMQ_QUEUE: bound to the same exchange, it "
           "gets the same events";
  if (error.peer_code == kPreconditionFailed &&
      contains(error.message, "inequivalent arg 'type' for exchange"))
    return "name a topic exchange in RABBITMQ_EXCHANGE, or create the queue and bind it yourself";
  if (is_limit_reached(error.peer_code, error.message))
    return fmt::format(
        "a worker needs two connections: close others, or raise the limit: rabbitmqctl "
        "set_vhost_limits -p {} or set_user_limits {}",
        url.virtual_host, url.user);
  if (is_queue_down(error.peer_code, error.message))
    return "start the node of the cluster that has the queue, or see its log: the queue is there "
           "again with it, and so are its messages; a quorum queue is on several nodes";
  if (error.peer_code == kNotAllowed && contains(error.message, "not found"))
    return "correct the virtual host at the end of RABBITMQ_URL, or create it: rabbitmqctl "
           "add_vhost " +
           url.virtual_host;
  if (error.peer_code == kNotAllowed && contains(error.message, "access to vhost"))
    return "give the user rights there: " + set_permissions;
  if (error.kind == ErrorKind::kConfiguration && error.peer_code == 0 &&
      contains(error.message, " with TLS: "))
    return "correct RABBITMQ_URL (amqps:// with the port of TLS, 5671 unless configured otherwise, "
           "or amqp://) or RABBITMQ_CA_FILE, or the certificate";
  if (error.kind == ErrorKind::kConfiguration) return "change what the broker refuses";
  if (error.peer_code != 0) return "see the log of the broker: it may be starting or stopping";
  if (error.kind == ErrorKind::kUnreachable)
    return "start the broker, or correct host and port in RABBITMQ_URL: the AMQP port is 5672 "
           "unless configured otherwise";
  if (error.kind == ErrorKind::kLinkLost)
    return "see the log of the broker: it may have too much to do; or start the node of the "
           "cluster that has the queue, for which RabbitMQ 4 waits before it answers";
  return "is the port in RABBITMQ_URL that of AMQP, 5672 unless configured otherwise (5671 is TLS, "
         "15672 the management page)?";
}

}  // namespace

Diagnosis diagnose_rabbitmq(const Error& error, const AmqpUrl& url) {
  return {error.kind, shorten_cause(error.message), remedy_for(error, url)};
}

}  // namespace event_consumer
