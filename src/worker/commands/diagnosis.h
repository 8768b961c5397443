// From what a server or the network said to what the operator should do about it. Pure; the words
// looked for are those of ClickHouse 18 to 26 and RabbitMQ 3.10 to 4.
#pragma once

#include <string>

#include "common/options.h"
#include "common/result.h"
#include "worker/clickhouse/http.h"

namespace event_consumer {

struct Diagnosis {
  ExitCode exit_code;
  std::string cause;   // what was said, shortened
  std::string remedy;  // an imperative that names the variable to change
};

// Of an answer that is not ok().
Diagnosis diagnose_clickhouse(const HttpAnswer& answer, const Options& options);

// Of an Error of the connection to `url` or of a question on it.
Diagnosis diagnose_rabbitmq(const Error& error, const AmqpUrl& url);

}  // namespace event_consumer
