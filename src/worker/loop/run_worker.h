// Puts a worker together from its options and runs it: first ClickHouse, then RabbitMQ, so that
// nothing is taken from the queue before it is known where it goes.
#pragma once

#include "common/command_line.h"
#include "common/result.h"
#include "worker/loop/worker_status.h"

namespace event_consumer {

// `row` is the worker's. Returns when the worker was asked to stop and has. The Error holds the
// exit status and says what failed. May end the process by itself, with status 0, when a post is
// abandoned at the stop timeout.
Result<Done> run_worker(const CommandLine& command_line, WorkerStatus& row);

}  // namespace event_consumer
