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

}  // namespace event_consumer
