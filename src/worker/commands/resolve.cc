#include "worker/commands/resolve.h"

#include <netdb.h>

#include "worker/host_name.h"

namespace event_consumer {

bool check_host(const std::string& host, const char* variable, Report& report) {
  const auto error = look_up(host);
  if (error == 0) return true;
  const bool may_pass = !error || *error == EAI_AGAIN;
  const std::string why = error ? gai_strerror(*error) : "no answer within 10 s";
  report.bad(may_pass ? ErrorKind::kUnavailable : ErrorKind::kConfiguration,
             "host name " + host + " cannot be resolved: " + why,
             std::string("correct ") + variable + ", or the DNS");
  return false;
}

}  // namespace event_consumer
