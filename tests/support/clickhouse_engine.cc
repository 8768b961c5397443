#include "tests/support/clickhouse_engine.h"

#include <httplib.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>

#include "tests/support/free_port.h"
#include "tests/support/wait.h"

namespace event_consumer::testing {

namespace {

using std::chrono::seconds;

std::string ask(const ClickhouseEngine& engine, const std::string& method,
                const std::string& path) {
  httplib::Client client("127.0.0.1", engine.http_port());
  // Statements that were posted before are run before.
  client.set_read_timeout(seconds(60));
  httplib::Request request;
  request.method = method;
  request.path = path;
  const httplib::Result result = client.send(request);
  if (!result || result->status != 200)
    throw std::runtime_error("the engine's server did not answer " + path);
  return result->body;
}

}  // namespace

ClickhouseEngine::ClickhouseEngine() : ClickhouseEngine(free_port()) {}

ClickhouseEngine::ClickhouseEngine(int http_port) : ClickhouseEndpoint(http_port) { start(); }

ClickhouseEngine::~ClickhouseEngine() = default;

void ClickhouseEngine::start() {
  Command command;
  const char* other = std::getenv("TEST_ENGINE");
  command.argv = {"node", "tests/engine/server.js",
                  other ? other : program_directory() + "/chdb/node_modules/chdb",
                  directory_.path(), std::to_string(http_port())};
  command.environment["TZ"] = "UTC";
  command.output_file = directory_.path() + "/console.log";
  process_ = std::make_unique<ChildProcess>(command);
  bool ready = false;
  wait_until([&] { return (ready = answers()) || !process_->running(); }, seconds(60));
  if (ready) return;
  throw std::runtime_error("ClickHouse's engine did not start; " +
                           tail_of_file(command.output_file));
}

void ClickhouseEngine::stop() {
  resume();
  process_->send(SIGTERM);
  if (!process_->wait_exit(seconds(60)))
    throw std::runtime_error("ClickHouse's engine did not stop; " +
                             tail_of_file(directory_.path() + "/console.log"));
}

void ClickhouseEngine::pause() { process_->send(SIGSTOP); }
void ClickhouseEngine::resume() { process_->send(SIGCONT); }

void ClickhouseEngine::kill() {
  process_->send(SIGKILL);
  process_->wait_exit(seconds(10));
}

std::uint64_t ClickhouseEngine::inserts() const {
  return std::stoull(ask(*this, "GET", "/inserts"));
}

void ClickhouseEngine::lose_answers(int count) const {
  ask(*this, "POST", "/lose-answers?count=" + std::to_string(count));
}

ClickhouseEngine& engine() {
  static ClickhouseEngine instance;
  if (!instance.running()) instance.start();
  return instance;
}

}  // namespace event_consumer::testing
