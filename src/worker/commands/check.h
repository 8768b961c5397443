// `event-consumer check`: tries both ends as a worker would, in one line a step, and changes
// nothing: it declares, creates, takes and stores nothing.
#pragma once

#include <optional>
#include <ostream>
#include <string>

#include "common/command_line.h"
#include "common/exit_code.h"
#include "common/options.h"

namespace event_consumer {

// Goes on behind a failed step where the rest can still be told. With a `sample` of messages
// RabbitMQ is left out, and the messages are tried (check_sample.h). Returns kOk, kData,
// kUnavailable, kConfiguration, or when `arguments` are strict kNotes.
ExitCode run_check(const Options& options, const CheckArguments& arguments,
                   const std::optional<std::string>& sample, std::ostream& out);

}  // namespace event_consumer
