#include "worker/clickhouse/running_query.h"

#include <utility>

#include "common/log.h"
#include "worker/clickhouse/exception_class.h"
#include "worker/clickhouse/quote.h"

namespace event_consumer {
namespace {

constexpr std::chrono::seconds kBetweenQuestions{1};
// A server that is slow to answer may be so for the insert; one that is dead is not waited for.
constexpr int kMostUnanswered = 3;

ClickHouseServer alone(ClickHouseServer server) {
  server.alternatives.clear();
  return server;
}

}  // namespace

RunningQuery::RunningQuery(ClickHouseServer server, std::string id, Duration longest)
    : question_("SELECT count() FROM system.processes WHERE query_id = " + quote_string(id)),
      server_(alone(std::move(server))),
      longest_(longest) {}

Duration RunningQuery::wait_on() {
  if (is_gone_) return Duration::zero();
  if (!end_) end_ = Clock::now() + longest_;
  if (Clock::now() >= *end_) return Duration::zero();
  switch (ask()) {
    case State::kRuns:
      unanswered_ = 0;
      if (!std::exchange(is_said_, true))
        log::warn(
            "{} still works on an insert after the time-out of {} s: its answer is waited for",
            server_.describe(), server_.timeout.count());
      return kBetweenQuestions;
    case State::kGone:
      is_gone_ = true;
      return server_.timeout;
    case State::kSilent:
      return ++unanswered_ < kMostUnanswered ? kBetweenQuestions : Duration::zero();
    case State::kUnknown:
      break;
  }
  return Duration::zero();
}

RunningQuery::State RunningQuery::ask() {
  if (!http_) http_.emplace(server_);
  const HttpAnswer answer = put_question(*http_, question_);
  if (answer.ok()) return answer.body.substr(0, 1) == "0" ? State::kGone : State::kRuns;
  if (answer.status == 0) return answer.was_sent() ? State::kSilent : State::kUnknown;
  // A server that is too busy for the question is one that works.
  const bool is_busy =
      answer.exception != 0 && passes_by_itself(answer.status, answer.exception, answer.body);
  return is_busy ? State::kRuns : State::kUnknown;
}

}  // namespace event_consumer
