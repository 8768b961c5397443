// RunningQuery: says how long the answer to a query that is overdue is worth waiting for, because
// the server still works on it. The server is asked on a connection of its own.
#pragma once

#include <optional>
#include <string>

#include "worker/clickhouse/clickhouse_http.h"

namespace event_consumer {

class RunningQuery {
 public:
  // Of the query `id` on `server`, other hosts left aside; `longest` counts from the first
  // question.
  RunningQuery(ClickHouseServer server, std::string id,
               Duration longest = std::chrono::minutes(15));

  // The answer is overdue: asks the server for the query and returns how long to wait on. Once the
  // query is gone, its answer gets another time-out to arrive. Zero: nothing more is to be
  // expected, also when the server cannot be reached, lets three questions in a row go without an
  // answer, or does not let this user ask.
  Duration wait_on();

 private:
  enum class State {
    kRuns,
    kGone,
    kSilent,   // the question was not answered
    kUnknown,  // nor can it be
  };
  State ask();

  std::string question_;
  ClickHouseServer server_;
  std::optional<ClickHouseHttp> http_;  // from the first question on
  Duration longest_;
  std::optional<TimePoint> end_;
  int unanswered_ = 0;  // of the latest questions
  bool is_gone_ = false;
  bool is_said_ = false;  // that it runs
};

}  // namespace event_consumer
