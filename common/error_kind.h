// What kind of failure an Error is: what code asks of it. The peer's own code stands beside it.
#pragma once

namespace event_consumer {

enum class ErrorKind {
  kUsage,          // a bad option, configuration file or password file
  kUnreachable,    // no connection to a server could be made; it may pass by itself
  kUnavailable,    // a server did not answer, or not so that we understand; likewise
  kLinkLost,       // a connection that had worked is gone
  kConfiguration,  // a server refuses what the configuration asks for
  kInternal,       // a defect of ours or a refusal of the operating system
};

// Whether such a failure may pass though nobody changes anything.
constexpr bool may_pass(ErrorKind kind) {
  return kind == ErrorKind::kUnreachable || kind == ErrorKind::kUnavailable ||
         kind == ErrorKind::kLinkLost;
}

}  // namespace event_consumer
