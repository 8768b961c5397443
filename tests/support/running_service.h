// RunningService: a service in the middle of its work, in front of servers that are about to
// misbehave. It counts what was published, and says whether all of it arrives.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/click_events.h"
#include "tests/support/service.h"
#include "tests/support/test_topology.h"

namespace event_consumer::testing {

class RunningService {
 public:
  // A service on a topology of its own, with two workers, that has stored a hundred events. Throws
  // std::runtime_error with its log when it does not get so far.
  explicit RunningService(const std::string& name, const Environment& overrides = {});

  const TestTopology& topology() const { return topology_; }
  Service& service() { return *service_; }

  // Publishes as persistent messages, confirmed by the broker.
  void publish(int events = 100);
  void publish_rubbish(int messages);
  void publish_rubbish(const std::string& body);
  std::uint64_t published() const { return published_; }

  // Whether every event published is stored, and as many messages dead-lettered as are rubbish
  // (more where a link was lost), by the workers that there were at the start, before `timeout` is
  // over.
  bool all_arrive(Duration timeout = std::chrono::seconds(5));
  bool moves_events() {
    publish();
    return all_arrive();
  }

  // Whether the log says it so many times.
  bool wait_for_log(const std::string& text, std::size_t times = 1,
                    Duration timeout = std::chrono::seconds(20));

  std::uint32_t dead_letters() const;

 private:
  void publish_bodies(const std::vector<std::string>& bodies);

  TestTopology topology_;
  ClickEvents events_;
  std::uint64_t published_ = 0;
  std::uint32_t rubbish_ = 0;
  std::optional<Service> service_;
  std::vector<pid_t> workers_;
};

}  // namespace event_consumer::testing
