#include "supervisor/restart_policy.h"

namespace event_consumer {

namespace {

Blame blame_for_status(int status, bool had_consumed) {
  switch (static_cast<ExitCode>(status)) {
    case ExitCode::kOk:
      return had_consumed ? Blame::kNobody : Blame::kServer;
    case ExitCode::kUnavailable:
      return Blame::kServer;
    case ExitCode::kConfiguration:
      return Blame::kConfiguration;
    case ExitCode::kUsage:
      return Blame::kUsage;
    case ExitCode::kInternal:
    case ExitCode::kData:  // no worker ends so
    case ExitCode::kNotes:
      break;
  }
  return Blame::kInternal;
}

}  // namespace

Blame blame_for(const Death& death, bool had_consumed) {
  switch (death.kind) {
    case Death::Kind::kExited:
      return blame_for_status(death.number, had_consumed);
    case Death::Kind::kKilled:
      if (is_crash_signal(death.number)) return Blame::kInternal;
      return had_consumed ? Blame::kNobody : Blame::kServer;
    case Death::Kind::kNotStarted:
      return Blame::kInternal;
  }
  return Blame::kInternal;
}

Duration RestartPolicy::delay_after(Blame blame, std::optional<Duration> consumed_for,
                                    bool instance_has_consumed) {
  if (consumed_for && *consumed_for >= kHealthy) {
    growing_.reset();
    faults_in_a_row_ = 0;
  }
  if (blame != Blame::kNobody) ++faults_in_a_row_;
  switch (blame) {
    case Blame::kNobody:
      return shortest_.next();
    case Blame::kConfiguration:
    case Blame::kUsage:
      if (instance_has_consumed) return longest_.next();
      break;
    case Blame::kServer:
    case Blame::kInternal:
      break;
  }
  return growing_.next();
}

std::optional<ExitCode> StartWatch::died(Blame blame) {
  latest_ = blame;
  if (blame == Blame::kUsage && !has_consumed()) return ExitCode::kUsage;
  return std::nullopt;
}

ExitCode StartWatch::give_up_status() const {
  if (!latest_) return ExitCode::kUnavailable;
  switch (*latest_) {
    case Blame::kConfiguration:
      return ExitCode::kConfiguration;
    case Blame::kUsage:
      return ExitCode::kUsage;
    case Blame::kInternal:
      return ExitCode::kInternal;
    case Blame::kNobody:
    case Blame::kServer:
      break;
  }
  return ExitCode::kUnavailable;
}

}  // namespace event_consumer
