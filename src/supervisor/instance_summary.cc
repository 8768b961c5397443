#include "supervisor/instance_summary.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <set>

#include "supervisor/balance_line.h"

namespace event_consumer {

namespace {

std::string short_number(double number) {
  if (number >= 1e6) return fmt::format("{:.1f}M", number / 1e6);
  if (number >= 1e3) return fmt::format("{:.1f}k", number / 1e3);
  return fmt::format("{:.0f}", number);
}

// Its last error, unless that is over: then why it takes nothing by its own word.
std::string why_not_consuming(const SlotView& view) {
  if (view.last_error_over_at == 0) return view.last_error.str();
  return view.living_count > 0 ? view.living[view.living_count - 1].reason.str() : "";
}

template <std::size_t Size>
void add_host(std::set<std::string>& hosts, const BoundedText<Size>& host) {
  if (!host.empty()) hosts.insert(host.str());
}

void add_worker(InstanceSummary& summary, const WorkerRecord& worker) {
  // Who has stored nothing for long may not have noticed that the server is another.
  const bool has_met_it = worker.deduplication != Deduplication::kUnknown;
  if (has_met_it && worker.last_insert_at >= summary.last_insert_at) {
    summary.clickhouse_version = worker.clickhouse_version.str();
    summary.deduplication = worker.deduplication;
    summary.stored_in = worker.stored_in;
    summary.doubling = worker.doubling.str();
  }
  summary.last_insert_at = std::max(summary.last_insert_at, worker.last_insert_at);
  if (worker.oldest_taken_at != 0 &&
      (summary.oldest_taken_at == 0 || worker.oldest_taken_at < summary.oldest_taken_at))
    summary.oldest_taken_at = worker.oldest_taken_at;
  // All count the same queues, each at its own time.
  if (worker.queue.counted_at > summary.queue.counted_at) summary.queue = worker.queue;
  summary.dead_letter_queue_messages =
      std::max(summary.dead_letter_queue_messages, worker.dead_letter_queue_messages);
  if (!worker.unknown_key_names.empty()) summary.unknown_key_names = worker.unknown_key_names.str();
  if (!worker.clickhouse_host_reason.empty())
    summary.clickhouse_host_reason = worker.clickhouse_host_reason.str();
  if (!worker.rabbitmq_version.empty()) summary.rabbitmq_version = worker.rabbitmq_version.str();
  for (std::size_t peer = 0; peer < kPeerWords.size(); ++peer) {
    const std::int64_t until = worker.certificates_until[peer];
    std::int64_t& first = summary.certificates_until[peer];
    if (until != 0 && (first == 0 || until < first)) first = until;
  }
  if (worker.state != WorkerState::kConsuming) return;
  ++summary.consuming;
  if (worker.insert_failing == 0) ++summary.storing;
}

}  // namespace

InstanceSummary summarise(const Scoreboard& board) {
  const SupervisorRecord supervisor = board.supervisor().read();
  InstanceSummary summary;
  summary.workers = supervisor.workers;
  summary.paused = supervisor.paused != 0;
  std::string not_consuming;
  std::set<std::string> clickhouse_hosts;
  std::set<std::string> rabbitmq_hosts;
  for (int slot = 1; slot <= static_cast<int>(supervisor.slots); ++slot) {
    const SlotView view = view_slot(board.slot(slot));
    summary.counters.add(view.counters);
    summary.in_hand += view.in_hand;
    for (int i = 0; i < view.living_count; ++i) {
      const WorkerRecord& worker = view.living[i];
      add_worker(summary, worker);
      add_host(clickhouse_hosts, worker.clickhouse_host);
      add_host(rabbitmq_hosts, worker.rabbitmq_host);
      if (worker.insert_failing != 0)
        summary.trouble = fmt::format("worker {}: {}", slot, worker.last_error.str());
    }
    const bool consumes = view.living_count > 0 &&
                          view.living[view.living_count - 1].state == WorkerState::kConsuming;
    const std::string why = why_not_consuming(view);
    if (!consumes && slot <= static_cast<int>(supervisor.workers) && !why.empty())
      not_consuming = fmt::format("worker {}: {}", slot, why);
  }
  summary.clickhouse_hosts = fmt::format("{}", fmt::join(clickhouse_hosts, ","));
  summary.rabbitmq_hosts = fmt::format("{}", fmt::join(rabbitmq_hosts, ","));
  summary.consuming = std::min(summary.consuming, summary.workers);
  // A worker that is being replaced is no trouble.
  if (summary.trouble.empty() && summary.consuming < summary.workers)
    summary.trouble = not_consuming;
  return summary;
}

std::optional<QueueCount> recent_count(const InstanceSummary& summary, TimePoint now) {
  constexpr double kRecentSeconds = 30;
  const QueueCount& queue = summary.queue;
  if (queue.counted_at == 0 || seconds_since(queue.counted_at, now) > kRecentSeconds)
    return std::nullopt;
  return queue;
}

std::string status_line(const InstanceSummary& summary, double events_per_second, TimePoint now) {
  std::string line = fmt::format("{}/{} consuming{}", summary.consuming, summary.workers,
                                 summary.paused ? ", paused" : "");
  if (!summary.trouble.empty()) return line + "; " + summary.trouble;
  line += fmt::format(", {} events/s", short_number(events_per_second));
  if (summary.last_insert_at != 0)
    line += fmt::format(", last insert {:.1f} s ago", seconds_since(summary.last_insert_at, now));
  return line;
}

std::string balance_line(const InstanceSummary& summary) {
  return balance_line(
      [&](const auto& counter) { return total_of(summary.counters.*counter.member); },
      summary.in_hand);
}

bool balance_holds(const InstanceSummary& summary) {
  return summary.counters.received == summary.counters.settled() + summary.in_hand;
}

std::string worker_line(int slot, const SlotView& view, TimePoint now) {
  std::string line = fmt::format("worker {}: ", slot);
  if (view.living_count == 0) {
    line += "no process";
  } else {
    const WorkerRecord& worker = view.living[view.living_count - 1];
    line += fmt::format("process {}, {} for {:.1f} s", worker.pid, word(worker.state),
                        seconds_since(worker.state_since, now));
    if (!worker.reason.empty()) line += " (" + worker.reason.str() + ")";
    line += fmt::format(", {} in hand", view.in_hand);
  }
  if (view.faults_in_a_row > 1) line += fmt::format(", {} deaths in a row", view.faults_in_a_row);
  if (!view.last_error.empty())
    line += fmt::format(", last error {:.0f} s ago{}: {}", seconds_since(view.last_error_at, now),
                        view.last_error_over_at == 0 ? "" : ", over", view.last_error.str());
  return line + fmt::format("; received {}, inserted {}, dead-lettered {}, restarts {}",
                            view.counters.received, view.counters.inserted,
                            view.counters.all_dead_lettered(), view.restarts);
}

}  // namespace event_consumer
