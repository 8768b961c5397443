// Stage: everything that the demonstration runs, in one private directory: a ClickHouse, a RabbitMQ
// and the service as an operator would start it. It publishes nothing and shows nothing.
#pragma once

#include <memory>
#include <string>

#include "tests/support/clickhouse_server.h"
#include "tests/support/rabbitmq_server.h"

namespace event_consumer::testing {

class Stage {
 public:
  // Starts the two servers. With `outlives_us` all programs can be left running by leave_running.
  explicit Stage(bool outlives_us);
  // Stops everything, the service first, and removes the directory.
  ~Stage();

  // Starts build/event-consumer with two workers; throws std::runtime_error when it is not there.
  void start_service();
  // Throws std::runtime_error with the end of its log when the service has ended.
  void check_service() const;
  // Stops the service as an operator would and returns its wait status; throws std::runtime_error
  // when it takes more than 40 s.
  int stop_service();

  // Leaves everything running when this object goes.
  void leave_running();

  const std::string& directory() const { return directory_.path(); }
  std::string service_log() const { return directory() + "/event-consumer.log"; }
  pid_t service_pid() const { return service_->pid(); }
  const ClickhouseServer& clickhouse() const { return *clickhouse_; }
  const RabbitmqServer& rabbitmq() const { return *rabbitmq_; }

 private:
  const bool outlives_us_;
  bool left_running_ = false;
  PrivateDirectory directory_{"demo"};
  std::unique_ptr<ClickhouseServer> clickhouse_;
  std::unique_ptr<RabbitmqServer> rabbitmq_;
  std::unique_ptr<ChildProcess> service_;
};

}  // namespace event_consumer::testing
