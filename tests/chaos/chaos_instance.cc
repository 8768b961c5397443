#include "tests/chaos/chaos_instance.h"

#include <sys/wait.h>
#include <sysexits.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>

#include "tests/support/proc.h"
#include "tests/support/status_page.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {

ChaosInstance::ChaosInstance(const std::string& name, const std::string& queue_type,
                             const ChaosLinks& links)
    : environment_(base_environment()), status_port_(serve_status(environment_)) {
  environment_["RABBITMQ_URL"] = links.amqp_url;
  environment_["RABBITMQ_QUEUE"] = name;
  environment_["RABBITMQ_EXCHANGE"] = name;
  environment_["EVENT_CONSUMER_QUEUE_TYPE"] = queue_type;
  environment_["CLICKHOUSE_HOST"] = "127.0.0.1";
  environment_["CLICKHOUSE_PORT"] = std::to_string(links.http_port);
  environment_["CLICKHOUSE_DATABASE"] = name;
  environment_["EVENT_CONSUMER_CREATE_TABLE"] = "off";  // who drops it makes it again
  environment_["CLICKHOUSE_TIMEOUT"] = "3";
  environment_["EVENT_CONSUMER_BATCH_ROWS"] = "500";
  environment_["EVENT_CONSUMER_BATCH_DELAY"] = "0.1";
  environment_["EVENT_CONSUMER_WORKER_TIMEOUT"] = "5";
  environment_["EVENT_CONSUMER_STATE_DIRECTORY"] = state_.path();
}

void ChaosInstance::write_options() const {
  write_file(directory_.path() + "/options",
             "EVENT_CONSUMER_WORKERS=" + std::to_string(workers_) + "\n");
}

void ChaosInstance::start() {
  write_options();
  service_.emplace(environment_, arguments());
  if (!service_->wait_consuming(workers_, std::chrono::seconds(60)))
    throw std::runtime_error("the service does not start:\n" + service_->log());
}

bool ChaosInstance::is_refused() const {
  const Finished ended = run_program(environment_, arguments());
  return WIFEXITED(ended.status) && WEXITSTATUS(ended.status) == EX_USAGE;
}

void ChaosInstance::kill_supervisor() {
  const std::vector<pid_t> children = child_pids(service_->pid());
  service_->send(SIGKILL);
  const auto are_gone = [&] { return std::none_of(children.begin(), children.end(), is_alive); };
  if (!wait_until(are_gone, std::chrono::seconds(30)))
    throw std::runtime_error("processes outlive their supervisor:\n" + service_->log());
  service_.reset();
}

void ChaosInstance::reload(unsigned workers) {
  workers_ = workers;
  write_options();
  service_->send(SIGHUP);
}

}  // namespace event_consumer::testing
