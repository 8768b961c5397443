#include "supervisor/status/serve_status.h"

#include <signal.h>
#include <sys/prctl.h>

#include <chrono>

#include "common/log.h"
#include "common/poll_loop.h"
#include "common/scoreboard/scoreboard.h"
#include "supervisor/status/history.h"
#include "supervisor/status/http_server.h"
#include "supervisor/status/metrics.h"
#include "supervisor/status/page.h"
#include "supervisor/status/readiness.h"
#include "supervisor/status/status_json.h"

namespace event_consumer {

namespace {

constexpr char kText[] = "text/plain; charset=utf-8";

// 200 when there is nothing to complain of, else 503 with the complaint.
Page verdict(const std::string& complaint) {
  if (complaint.empty()) return {200, kText, "ok\n"};
  return {503, kText, complaint + "\n"};
}

Pages pages_of(const Scoreboard& board, const History& history, const Options& options) {
  Pages pages = {
      {"/livez", [&] { return verdict(why_not_alive(board, Clock::now())); }},
      {"/readyz", [&] { return verdict(why_not_ready(board, Clock::now())); }},
      {"/metrics",
       [&]() -> Page {
         const std::chrono::duration<double> unix_time =
             std::chrono::system_clock::now().time_since_epoch();
         return {200, "text/plain; version=0.0.4; charset=utf-8",
                 metrics_text(board, options, Clock::now(), unix_time.count())};
       }},
      {"/status",
       [&]() -> Page {
         return {200, "application/json", status_json(board, options, Clock::now())};
       }},
      {"/history",
       [&]() -> Page {
         return {200, "application/json", history.json(Clock::now())};
       }},
  };
  pages.merge(page_files());
  return pages;
}

ExitCode ended_by(const Error& error) {
  log::error("{}", error.message);
  return exit_code_for(error.kind);
}

}  // namespace

ExitCode serve_status(const CommandLine& command_line) {
  // It was started as /proc/self/exe.
  prctl(PR_SET_NAME, "event-consumer");
  // Ctrl-C and Ctrl-Z reach every process of the terminal; the supervisor says when it is this
  // one's turn to end, and a pause is for the workers.
  signal(SIGINT, SIG_IGN);
  signal(SIGTSTP, SIG_IGN);
  auto events = PollLoop::open(signal_set({SIGTERM}));
  if (!events) return ended_by(events.error());
  const UniqueFd listening(command_line.listen_fd);
  auto board = Scoreboard::attach(command_line.scoreboard_fd);
  if (!board) return ended_by(board.error());
  const Options& options = command_line.resolved.options;
  History history(*board);
  auto server = HttpServer::start(listening.get(), pages_of(*board, history, options),
                                  options.status_address ? options.status_address->host : "");
  if (!server) return ended_by(server.error());
  for (;;) {
    HttpServer& http = **server;
    history.act(events->now());
    http.turn(events->now());
    auto seen =
        events->wait({{http.fd()}}, earliest(http.deadline(events->now()), history.deadline()));
    if (!seen) return ended_by(seen.error());
    if (!seen->signals.empty()) return ExitCode::kOk;
  }
}

}  // namespace event_consumer
