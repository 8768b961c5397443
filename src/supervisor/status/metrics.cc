#include "supervisor/status/metrics.h"

#include <prometheus/text_serializer.h>

#include <sstream>
#include <utility>
#include <vector>

#include "supervisor/status/instance_metrics.h"
#include "supervisor/status/worker_metrics.h"

namespace event_consumer {

std::string metrics_text(const Scoreboard& board, const Options& options, TimePoint now,
                         double unix_seconds) {
  std::vector<MetricFamily> families = worker_metrics(board, now, unix_seconds);
  for (MetricFamily& family : instance_metrics(board, options, now))
    families.push_back(std::move(family));
  // A family without a metric would be a heading without a text.
  std::vector<MetricFamily> filled;
  for (MetricFamily& family : families)
    if (!family.metric.empty()) filled.push_back(std::move(family));
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, filled);
  return text.str();
}

}  // namespace event_consumer
