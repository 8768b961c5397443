#include "tests/chaos/hands.h"

#include <rapidjson/document.h>

#include "tests/support/status_page.h"

namespace event_consumer::testing {

std::vector<Hands> look_at_hands(int status_port) {
  const StatusPage page = get_status_page(status_port, "/status");
  rapidjson::Document status;
  if (page.status != 200 || status.Parse(page.content.c_str()).HasParseError()) return {};
  std::vector<Hands> hands;
  for (const auto& slot : status["workers"].GetArray())
    for (const auto& process : slot["processes"].GetArray()) {
      const auto& oldest = process["oldest_seconds"];
      hands.push_back({static_cast<pid_t>(process["pid"].GetInt()),
                       process["unacknowledged"].GetUint64(), process["batch_rows"].GetUint64(),
                       !process["inserting_seconds"].IsNull(),
                       oldest.IsNull() ? 0 : oldest.GetDouble()});
    }
  return hands;
}

}  // namespace event_consumer::testing
