#include "supervisor/status/status_json.h"

#include "common/text.h"
#include "supervisor/status/status_text.h"
#include "tests/fakes/status_rig.h"
#include "tests/support/catch.h"

namespace event_consumer {

TEST_CASE("status: instance, queue and pid come first, in one line") {
  const TimePoint now = Clock::now();
  StatusRig rig(now, 1);
  const std::string json = rig.json(now);
  CHECK(json.rfind("{\"instance\":\"", 0) == 0);
  CHECK(contains(json, "\",\"queue\":\"clicks\",\"pid\":4711,\"table\":\"db.events\","));
  CHECK(json.find('\n') == json.size() - 1);
  CHECK(is_status(json));
}

TEST_CASE("status: what a worker last complained of cannot break the JSON") {
  const TimePoint now = Clock::now();
  StatusRig rig(now, 1);
  rig.worker(1, [](WorkerRecord& record) { record.last_error.set("\"quoted\"\n\x01 \xff end"); });
  const std::string json = rig.json(now);
  INFO(json);
  CHECK(is_status(json));
  CHECK(contains(json, R"(\"quoted\"\u000a\u0001 )"
                       "\xef\xbf\xbd end"));
}

TEST_CASE("status: what happens while it is made is not of the future") {
  const TimePoint now = Clock::now();
  StatusRig rig(now, 1);
  rig.worker(1, [&](WorkerRecord& record) {
    record.heartbeat_at = to_monotonic_time(now + std::chrono::milliseconds(2));
    record.state_since = to_monotonic_time(now + std::chrono::microseconds(20));
  });
  const std::string json = rig.json(now);
  INFO(json);
  CHECK(contains(json, R"("heartbeat_seconds_ago":0.0,)"));
  CHECK(contains(json, R"("state_seconds":0.0,)"));
}

}  // namespace event_consumer
