// Failback: brings inserts back to the first host of the list. While another one is in use, it has
// the first one watched, decides by Homecoming, and knows why the host in use is. It does not touch
// the connection of the inserts: TableWriter changes the host, and says so here.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/clock.h"
#include "common/log_limiter.h"
#include "worker/clickhouse/homecoming.h"
#include "worker/clickhouse/host_watch.h"

namespace event_consumer {

class Failback {
 public:
  using Look = std::function<Result<Inspection>()>;

  // Inserts go back when the first host has answered for so long; nothing: they stay.
  explicit Failback(std::optional<Duration> after);

  // The host in use has changed: now it is the first one, …
  void at_home();
  // … or another one, because of `why`. `look` asks the first one.
  void away(const std::string& why, Look look, TimePoint now);
  // … the first one, as ready() allowed.
  void returned(const std::string& from, TimePoint now);

  // What the first host says of itself, when inserts may go back to it; else nothing.
  std::optional<Inspection> ready(TimePoint now) const;
  // It is not fit for inserts after all; it is asked again as if it had been away.
  void reject(const Error& fault, TimePoint now);
  // While it is watched, `look` asks it from here on.
  void renew(Look look);

  void stored() { homecoming_.stored(); }
  // Whether inserts went back and none was stored since.
  bool is_on_trial() const { return homecoming_.is_on_trial(); }
  // How long the first host has to answer before the next return.
  std::chrono::seconds patience() const;

  // Why the host in use is, for people; empty where that needs no reason. Logs what keeps inserts
  // from going back to a host that answers.
  std::string explain(TimePoint now);

 private:
  std::optional<Duration> after_;
  Homecoming homecoming_;
  bool is_away_ = false;
  std::unique_ptr<HostWatch> watch_;  // only when away
  std::string why_;
  LogLimiter log_limiter_;
};

}  // namespace event_consumer
