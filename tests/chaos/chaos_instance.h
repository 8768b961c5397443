// ChaosInstance: the service of a chaos run, behind proxies, with its options in a file that a
// reload reads again.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/chaos/footprint.h"
#include "tests/chaos/own_clock.h"
#include "tests/chaos/state_disk.h"
#include "tests/support/files.h"
#include "tests/support/service.h"

namespace event_consumer::testing {

struct ChaosLinks {
  std::string amqp_url;
  int http_port;
};

class ChaosInstance {
 public:
  static constexpr unsigned kWorkers = Footprint::kWorkers;
  static constexpr unsigned kMostWorkers = 5;

  // Queue and database of that name.
  ChaosInstance(const std::string& name, const std::string& queue_type, const ChaosLinks& links);

  // Returns when it consumes; throws std::runtime_error when it does not within a minute.
  void start();
  // Whether it ends at once when it is started, because of its options or what they name.
  bool is_refused() const;
  // kill -9 of all its processes.
  void kill() { service_.reset(); }
  // kill -9 of the supervisor alone. Returns when its children have ended by themselves; throws
  // std::runtime_error when they do not.
  void kill_supervisor();
  // The exit status; nothing when it does not end in time. Throws like Service::stop.
  std::optional<int> stop() { return service_->stop(); }
  // SIGHUP with so many workers from now on.
  void reload(unsigned workers);

  const Service& service() const { return *service_; }
  int status_port() const { return status_port_; }
  unsigned workers() const { return workers_; }
  const StateDisk& state_disk() const { return state_disk_; }
  OwnClock& clock() { return clock_; }
  std::optional<Footprint> footprint() const {
    return look_at_footprint(service_->pid(), state_.path());
  }

 private:
  void write_options() const;
  std::vector<std::string> arguments() const {
    return {"--config", directory_.path() + "/options"};
  }

  PrivateDirectory directory_{"options"};
  PrivateDirectory state_{"state"};
  StateDisk state_disk_{state_.path()};
  Environment environment_;
  OwnClock clock_{environment_};
  int status_port_;
  unsigned workers_ = kMostWorkers;
  std::optional<Service> service_;
};

}  // namespace event_consumer::testing
