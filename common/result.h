// Result: a value, or the Error that stands in its place. Expected failures travel as values; the
// programs throw nothing of their own.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "common/error_kind.h"

namespace event_consumer {

// What failed: its kind for the code, words for the reader of the log, and where a peer has
// refused, the peer's own code: the reply code of RabbitMQ or the exception code of ClickHouse,
// else 0.
struct Error {
  ErrorKind kind;
  std::string message;
  int peer_code = 0;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}  // NOLINT: implicit, so that `return value;` works
  Result(Error error) : state_(std::move(error)) {}  // NOLINT: likewise

  bool ok() const { return std::holds_alternative<T>(state_); }
  explicit operator bool() const { return ok(); }

  // Only when ok().
  T& value() { return *std::get_if<T>(&state_); }
  const T& value() const { return *std::get_if<T>(&state_); }
  T* operator->() { return &value(); }
  T& operator*() { return value(); }

  // Only when not ok().
  const Error& error() const { return *std::get_if<Error>(&state_); }

 private:
  std::variant<T, Error> state_;
};

// The Result of something done for its effect: `return Done{};` or an Error.
struct Done {};

}  // namespace event_consumer
