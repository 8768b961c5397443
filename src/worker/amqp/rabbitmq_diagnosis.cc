#include "worker/amqp/rabbitmq_diagnosis.h"

#include <spdlog/fmt/fmt.h>

#include <utility>

#include "common/text.h"

namespace event_consumer {

Diagnosis diagnose_rabbitmq(const Error& error, const AmqpUrl& url) {
  const std::string& said = error.message;
  const auto diagnosis = [&](std::string remedy) {
    return Diagnosis{error.kind, shorten_cause(said), std::move(remedy)};
  };
  if (contains(said, "Login was refused"))
    return diagnosis(
        "correct user and password in RABBITMQ_URL (guest may log in from the broker's own host "
        "only)");
  if (contains(said, "vhost") && contains(said, "not found"))
    return diagnosis(
        "correct the virtual host at the end of RABBITMQ_URL, or create it: "
        "rabbitmqctl add_vhost " +
        url.virtual_host);
  if (contains(said, "access to vhost"))
    return diagnosis(fmt::format(
        "give the user rights there: rabbitmqctl set_permissions -p {} {} CONFIGURE WRITE READ",
        url.virtual_host, url.user));
  if (contains(said, " 403 "))
    return diagnosis(
        fmt::format("give user {} the missing right: rabbitmqctl set_permissions -p {} {} "
                    "CONFIGURE WRITE READ",
                    url.user, url.virtual_host, url.user));
  if (error.kind == ErrorKind::kConfiguration) return diagnosis("change what the broker refuses");
  if (contains(said, "cannot connect to"))
    return diagnosis(
        "start the broker, or correct host and port in RABBITMQ_URL: the AMQP port is 5672 unless "
        "configured otherwise");
  return diagnosis(
      "is the port in RABBITMQ_URL that of AMQP, 5672 unless configured otherwise (5671 is TLS, "
      "15672 the management page)?");
}

}  // namespace event_consumer
