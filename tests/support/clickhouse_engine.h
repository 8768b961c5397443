// ClickhouseEngine: a ClickHouse of the test's own, in the shape of its engine behind
// tests/engine/server.js, with its data in a private directory: 26.7 (the npm package chdb), which
// `make check-engine` installs beside the test program, or the engine in the directory that the
// variable TEST_ENGINE names, of whatever age (`make check-engines`).
#pragma once

#include <cstdint>
#include <memory>

#include "tests/support/clickhouse_endpoint.h"
#include "tests/support/files.h"
#include "tests/support/process.h"

namespace event_consumer::testing {

class ClickhouseEngine : public ClickhouseEndpoint {
 public:
  // Starts it. Returns when it answers; throws std::runtime_error with what it wrote when that
  // takes longer than 60 s.
  ClickhouseEngine();
  // On this port instead of a free one.
  explicit ClickhouseEngine(int http_port);
  // Kills it at once.
  ~ClickhouseEngine();

  // Starts it again, on the same port and data; like the constructor.
  void start();
  // SIGTERM, after which what it works on is finished; throws std::runtime_error when that takes
  // more than 60 s.
  void stop();
  // SIGKILL; when it returns the engine is gone.
  void kill();
  // SIGSTOP: connections stay open and nothing is answered any more, until resume().
  void pause();
  void resume();
  // Whether it has not ended, by itself or killed.
  bool running() const { return process_->running(); }

  // The INSERTs with a query_id posted since the start, whatever became of them.
  std::uint64_t inserts() const;
  // The next `count` of them are stored, but their connection is closed instead of answered.
  void lose_answers(int count) const;

 private:
  PrivateDirectory directory_{"engine"};
  std::unique_ptr<ChildProcess> process_;
};

// The engine of this run, started when first asked for, again where it has crashed, and stopped at
// the end.
ClickhouseEngine& engine();

}  // namespace event_consumer::testing
