#include "tests/demo/stage.h"

#include <csignal>
#include <filesystem>
#include <stdexcept>

namespace event_consumer::testing {

using std::chrono::seconds;

Stage::Stage(bool outlives_us) : outlives_us_(outlives_us) {
  ClickhouseOptions clickhouse;
  clickhouse.directory = directory() + "/clickhouse";
  clickhouse.dies_with_parent = !outlives_us;
  make_directories(clickhouse.directory);
  clickhouse_ = std::make_unique<ClickhouseServer>(clickhouse);

  RabbitmqOptions rabbitmq;
  rabbitmq.directory = directory() + "/rabbitmq";
  rabbitmq.dies_with_parent = !outlives_us;
  make_directories(rabbitmq.directory);
  rabbitmq_ = std::make_unique<RabbitmqServer>(rabbitmq);
}

Stage::~Stage() {
  if (left_running_ || !service_) return;
  // Its workers end in order only when it is asked to.
  service_->send(SIGTERM);
  service_->wait_exit(seconds(5));
}

void Stage::start_service() {
  Command command;
  command.argv = {std::filesystem::current_path().string() + "/build/event-consumer", "--workers",
                  "2"};
  command.environment["RABBITMQ_URL"] = rabbitmq_->url();
  command.environment["EVENT_CONSUMER_QUEUE_TYPE"] = "quorum";
  command.environment["CLICKHOUSE_HOST"] = "127.0.0.1";
  command.environment["CLICKHOUSE_PORT"] = std::to_string(clickhouse_->http_port());
  command.working_directory = directory();
  command.output_file = service_log();
  command.dies_with_parent = !outlives_us_;
  service_ = std::make_unique<ChildProcess>(command);
}

void Stage::check_service() const {
  if (service_->running()) return;
  throw std::runtime_error("event-consumer ended (" +
                           describe_status(*service_->wait_exit(seconds(0))) + "); " +
                           tail_of_file(service_log()));
}

int Stage::stop_service() {
  service_->send(SIGTERM);
  const std::optional<int> status = service_->wait_exit(seconds(40));
  if (!status) {
    throw std::runtime_error("event-consumer does not stop; " + tail_of_file(service_log()));
  }
  return *status;
}

void Stage::leave_running() {
  left_running_ = true;
  service_->leave_running();
  rabbitmq_->leave_running();
  clickhouse_->leave_running();
  directory_.keep();
}

}  // namespace event_consumer::testing
