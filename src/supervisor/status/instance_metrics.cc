#include "supervisor/status/instance_metrics.h"

#include <cmath>
#include <string>
#include <utility>

#include "supervisor/instance_summary.h"
#include "supervisor/status/readiness.h"

namespace event_consumer {

namespace {

void add_queue(std::vector<MetricFamily>& families, const QueueCount& queue) {
  families.push_back(one("event_consumer_queue_messages", kGauge,
                         "Messages in the source queue that are ready for delivery.",
                         static_cast<double>(queue.messages)));
  families.push_back(one("event_consumer_queue_consumers", kGauge, "Consumers of the source queue.",
                         static_cast<double>(queue.consumers)));
  if (!std::isnan(queue.empty_in_seconds))
    families.push_back(one("event_consumer_queue_time_to_empty_seconds", kGauge,
                           "Until the source queue is empty, if it goes on as in the last minute.",
                           queue.empty_in_seconds));
}

Labels info_labels(const InstanceSummary& summary, const Options& options) {
  return {{"version", EVENT_CONSUMER_VERSION},
          {"queue", options.rabbitmq_queue},
          {"table", options.clickhouse_database + "." + options.clickhouse_table},
          {"rabbitmq_version", summary.rabbitmq_version},
          {"rabbitmq_host", summary.rabbitmq_hosts},
          {"clickhouse_version", summary.clickhouse_version},
          {"clickhouse_host", summary.clickhouse_hosts}};
}

MetricFamily deaths_by_cause(const SupervisorRecord& supervisor) {
  MetricFamily deaths{"event_consumer_worker_deaths_total",
                      "Ends of workers that nobody had asked to stop, by cause.",
                      kCounter,
                      {}};
  for (std::size_t i = 0; i < kDeathCauseWords.size(); ++i)
    deaths.metric.push_back(number(kCounter, static_cast<double>(supervisor.deaths[i]),
                                   {{"cause", std::string(kDeathCauseWords[i])}}));
  return deaths;
}

}  // namespace

std::vector<MetricFamily> instance_metrics(const Scoreboard& board, const Options& options,
                                           TimePoint now) {
  std::vector<MetricFamily> families;
  const SupervisorRecord supervisor = board.supervisor().read();
  const InstanceSummary summary = summarise(board);
  families.push_back(one("event_consumer_info", kGauge,
                         "1; the labels say what moves from where to where.", 1,
                         info_labels(summary, options)));
  families.push_back(one("event_consumer_build_info", kGauge, "1; the version is in the label.", 1,
                         {{"version", EVENT_CONSUMER_VERSION}}));
  families.push_back(one("event_consumer_start_time_seconds", kGauge,
                         "When the instance was started, as Unix time.",
                         static_cast<double>(supervisor.started_at_unix_seconds)));
  families.push_back(one("event_consumer_ready", kGauge, "1 while /readyz says so.",
                         why_not_ready(board, summary, now).empty() ? 1 : 0));
  families.push_back(one("event_consumer_paused", kGauge, "1 while an operator has paused it.",
                         summary.paused ? 1 : 0));
  families.push_back(one("event_consumer_workers", kGauge, "Workers that there are to be.",
                         static_cast<double>(summary.workers)));
  families.push_back(one("event_consumer_workers_consuming", kGauge, "Workers that consume.",
                         static_cast<double>(summary.consuming)));
  families.push_back(one("event_consumer_dead_letter_queue_messages", kGauge,
                         "Messages in the dead-letter queue.",
                         static_cast<double>(summary.dead_letter_queue_messages)));
  if (const auto queue = recent_count(summary, now)) add_queue(families, *queue);
  if (summary.deduplication != Deduplication::kUnknown)
    families.push_back(one("event_consumer_table_deduplicates", kGauge,
                           "1 when a repeated insert would be noticed.",
                           summary.deduplication == Deduplication::kYes ? 1 : 0));
  if (summary.stored_in.durability != Durability::kUnknown)
    families.push_back(one("event_consumer_stored_info", kGauge,
                           "1; the labels say where the rows of an answered insert are.", 1,
                           {{"durability", std::string(word(summary.stored_in.durability))},
                            {"replicas", std::to_string(summary.stored_in.replicas)}}));
  MetricFamily certificates{"event_consumer_certificate_expiry_timestamp_seconds",
                            "When the first certificate expires that the connection hangs on: the "
                            "server's, a CA's or ours, as Unix time; absent without TLS.",
                            kGauge,
                            {}};
  for (std::size_t peer = 0; peer < kPeerWords.size(); ++peer)
    if (const std::int64_t until = summary.certificates_until[peer]; until != 0)
      certificates.metric.push_back(
          number(kGauge, static_cast<double>(until), {{"peer", std::string(kPeerWords[peer])}}));
  families.push_back(std::move(certificates));
  families.push_back(one("event_consumer_reloads_total", kCounter, "Reloads that were begun.",
                         static_cast<double>(supervisor.reloads)));
  families.push_back(one("event_consumer_failed_reloads_total", kCounter,
                         "Reloads that were refused or broken off.",
                         static_cast<double>(supervisor.failed_reloads)));
  families.push_back(deaths_by_cause(supervisor));
  return families;
}

}  // namespace event_consumer
