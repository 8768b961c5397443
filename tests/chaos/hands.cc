#include "tests/chaos/hands.h"

#include <rapidjson/document.h>

#include <sstream>
#include <string>

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

std::vector<double> event_lags(int status_port) {
  const std::string name = "event_consumer_event_lag_seconds{";
  std::vector<double> lags;
  std::istringstream lines(get_status_page(status_port, "/metrics").content);
  for (std::string line; std::getline(lines, line);)
    if (line.compare(0, name.size(), name) == 0)
      lags.push_back(std::stod(line.substr(line.rfind(' '))));
  return lags;
}

}  // namespace event_consumer::testing
