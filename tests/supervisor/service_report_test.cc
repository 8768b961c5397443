#include "supervisor/service_report.h"

#include <vector>

#include "tests/supervisor/service_manager.h"
#include "tests/support/catch.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

class ReportTest {
 public:
  // All that was said since the last time.
  std::vector<std::string> said() const {
    std::vector<std::string> all;
    for (std::string message; !(message = manager.message()).empty();) all.push_back(message);
    return all;
  }

  ServiceManager manager;
  Scoreboard board = std::move(*Scoreboard::create());
  TimePoint start{seconds(100)};
  ServiceReport report{board, start};
};

using Said = std::vector<std::string>;
constexpr char kLine[] = "STATUS=0/0 consuming, 0 events/s";

TEST_CASE_METHOD(ReportTest, "service report: ready once, with a line at once",
                 "[service_report]") {
  report.act(InstanceState::kStarting, false, start + seconds(1));
  CHECK(said().empty());
  report.act(InstanceState::kRunning, true, start + seconds(2));
  CHECK(said() == Said{"READY=1", kLine});
  CHECK((report.deadline() == start + seconds(7)));
  report.act(InstanceState::kRunning, true, start + seconds(7));
  CHECK(said().empty());
  CHECK((report.deadline() == start + seconds(12)));
}

TEST_CASE_METHOD(ReportTest, "service report: whoever reloads is ready again", "[service_report]") {
  report.act(InstanceState::kRunning, true, start + seconds(1));
  said();
  report.begin_reload(start + seconds(2));
  CHECK(said() == Said{"RELOADING=1\nMONOTONIC_USEC=102000000"});
  SECTION("when it has reloaded") {
    report.act(InstanceState::kReloading, true, start + seconds(2));
    CHECK(said().empty());
  }
  SECTION("also when it was over at once") {}
  report.act(InstanceState::kRunning, true, start + seconds(3));
  CHECK(said() == Said{"READY=1"});
}

TEST_CASE_METHOD(ReportTest, "service report: whoever stops says no more", "[service_report]") {
  report.begin_stop("stopping: 1 worker asked to finish", seconds(300));
  CHECK(said() == Said{"STOPPING=1\nEXTEND_TIMEOUT_USEC=310000000",
                       "STATUS=stopping: 1 worker asked to finish"});
  report.act(InstanceState::kStopping, false, start + seconds(9));
  CHECK(said().empty());
}

TEST_CASE_METHOD(ReportTest, "service report: a stop during a reload does not end in ready",
                 "[service_report]") {
  report.act(InstanceState::kRunning, true, start + seconds(1));
  report.begin_reload(start + seconds(2));
  report.act(InstanceState::kReloading, true, start + seconds(2));
  report.begin_stop("stopping: 2 workers asked to finish", seconds(25));
  said();
  report.act(InstanceState::kStopping, true, start + seconds(3));
  CHECK(said().empty());
}

}  // namespace
}  // namespace event_consumer::testing
