#include "supervisor/notify.h"

#include <unistd.h>

#include <cstdlib>

#include "tests/supervisor/service_manager.h"
#include "tests/support/catch.h"

namespace event_consumer::testing {
namespace {

using std::chrono::seconds;

TEST_CASE("notify: without systemd nothing happens", "[notify]") {
  Notify notify;
  CHECK_FALSE(notify.is_listened_to());
  notify.ready();
  notify.status("fine");
  notify.alive(Clock::now());
  CHECK_FALSE(notify.deadline());
}

TEST_CASE("notify: what happens is said in systemd's words", "[notify]") {
  const ServiceManager manager;
  Notify notify;
  CHECK(notify.is_listened_to());
  // Children are not to speak for the service.
  CHECK(std::getenv("NOTIFY_SOCKET") == nullptr);
  notify.ready();
  CHECK(manager.message() == "READY=1");
  notify.reloading(TimePoint(seconds(3)));
  CHECK(manager.message() == "RELOADING=1\nMONOTONIC_USEC=3000000");
  notify.stopping(seconds(35));
  CHECK(manager.message() == "STOPPING=1\nEXTEND_TIMEOUT_USEC=35000000");
  CHECK(std::getenv("NOTIFY_SOCKET") == nullptr);
}

TEST_CASE("notify: a status is sent when it is another", "[notify]") {
  const ServiceManager manager;
  Notify notify;
  notify.status("2/2 consuming");
  CHECK(manager.message() == "STATUS=2/2 consuming");
  notify.status("2/2 consuming");
  CHECK(manager.message().empty());
  notify.status("1/2 consuming");
  CHECK(manager.message() == "STATUS=1/2 consuming");
}

TEST_CASE("notify: a status is one line, whatever a server or an event says in it", "[notify]") {
  const ServiceManager manager;
  Notify notify;
  notify.status("worker 1: Cannot parse string '1\nWATCHDOG=trigger\n' \xff");
  CHECK(manager.message() ==
        "STATUS=worker 1: Cannot parse string '1\\x0aWATCHDOG=trigger\\x0a' \\xff");
}

TEST_CASE("notify: the watchdog is answered in half of its time", "[notify]") {
  const ServiceManager manager;
  setenv("WATCHDOG_USEC", "20000000", 1);
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  Notify notify;
  CHECK(std::getenv("WATCHDOG_USEC") == nullptr);
  REQUIRE(notify.deadline());
  const TimePoint now = *notify.deadline();
  notify.alive(now);
  CHECK(manager.message() == "WATCHDOG=1");
  CHECK((notify.deadline() == now + seconds(10)));
  notify.alive(now + seconds(9));
  CHECK(manager.message().empty());
  notify.alive(now + seconds(10));
  CHECK(manager.message() == "WATCHDOG=1");
}

TEST_CASE("notify: the watchdog of another process is not ours", "[notify]") {
  const ServiceManager manager;
  setenv("WATCHDOG_USEC", "20000000", 1);
  setenv("WATCHDOG_PID", "1", 1);
  CHECK_FALSE(Notify().deadline());
}

}  // namespace
}  // namespace event_consumer::testing
