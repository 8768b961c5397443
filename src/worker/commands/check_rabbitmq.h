// The part of `check` that asks RabbitMQ.
#pragma once

#include "common/options.h"
#include "worker/commands/check_report.h"

namespace event_consumer {

void check_rabbitmq(const Options& options, Report& report);

}  // namespace event_consumer
