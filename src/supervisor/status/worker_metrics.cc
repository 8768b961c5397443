#include "supervisor/status/worker_metrics.h"

#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "common/scoreboard/counter_table.h"
#include "supervisor/status/process_figures.h"

namespace event_consumer {

namespace {

// A slot with all that its metrics are made of.
struct SlotFigures {
  std::string number;
  SlotView view;
  TimePoint now;
  double unix_seconds;
  std::optional<ProcessFigures> process;  // of the newest

  const WorkerCounters& counters() const { return view.counters; }
  // The newest process; nullptr when none lives.
  const WorkerRecord* worker() const {
    return view.living_count == 0 ? nullptr : &view.living[view.living_count - 1];
  }
};

// NaN: there is no such value now.
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// A worker that has taken nothing for so long is idle.
constexpr double kIdleSeconds = 60;

double age(MonotonicTime since, const SlotFigures& slot) {
  return since == 0 ? kNone : seconds_since(since, slot.now);
}

// One value of each worker that is none of its counters.
struct WorkerMetric {
  const char* name;
  MetricType type;
  const char* help;
  double (*value)(const SlotFigures&);
};

// Calls `visit` with each living process: two while one takes over from the other, which may have
// to finish what ClickHouse does not take for long.
template <typename Visit>
void for_each_process(const SlotFigures& slot, const Visit& visit) {
  for (int i = 0; i < slot.view.living_count; ++i)
    visit(slot.view.living[static_cast<std::size_t>(i)]);
}

template <std::uint64_t WorkerRecord::*member>
double sum(const SlotFigures& slot) {
  std::uint64_t sum = 0;
  for_each_process(slot, [&](const WorkerRecord& worker) { sum += worker.*member; });
  return static_cast<double>(sum);
}

// A 0 of nobody would hide that the inserts of all others fail.
double insert_failing(const SlotFigures& slot) {
  if (slot.worker() == nullptr) return kNone;
  return sum<&WorkerRecord::insert_failing>(slot) > 0 ? 1 : 0;
}

double oldest_age(const SlotFigures& slot) {
  double oldest = kNone;
  for_each_process(slot, [&](const WorkerRecord& worker) {
    oldest = std::fmax(oldest, age(worker.oldest_taken_at, slot));
  });
  return oldest;
}

double last_insert_unix_seconds(const SlotFigures& slot) {
  double youngest = kNone;
  for_each_process(slot, [&](const WorkerRecord& worker) {
    youngest = std::fmin(youngest, age(worker.last_insert_at, slot));
  });
  return slot.unix_seconds - youngest;
}

double event_lag(const SlotFigures& slot) {
  MonotonicTime last_taken_at = 0;
  double lag = kNone;
  for_each_process(slot, [&](const WorkerRecord& worker) {
    if (worker.last_taken_at <= last_taken_at) return;
    last_taken_at = worker.last_taken_at;
    lag = worker.event_lag_seconds;
  });
  return age(last_taken_at, slot) <= kIdleSeconds ? lag : kNone;
}

template <double ProcessFigures::*member>
double of_process(const SlotFigures& slot) {
  return slot.process ? (*slot.process).*member : kNone;
}

const WorkerMetric kWorkerMetrics[] = {
    {"event_consumer_events_in_hand", kGauge, "Deliveries that have no verdict yet.",
     [](const SlotFigures& slot) { return static_cast<double>(slot.view.in_hand); }},
    {"event_consumer_unacknowledged", kGauge,
     "Deliveries that the broker counts against the prefetch.", sum<&WorkerRecord::unacknowledged>},
    {"event_consumer_held_bytes", kGauge, "Bytes of rows and bodies held in memory.",
     sum<&WorkerRecord::held_bytes>},
    {"event_consumer_insert_failing", kGauge,
     "1 while the latest insert has failed; absent without a process.", insert_failing},
    {"event_consumer_oldest_unacknowledged_seconds", kGauge,
     "Age of the oldest delivery in hand; absent when there is none.", oldest_age},
    {"event_consumer_event_lag_seconds", kGauge,
     "From the timestamp of the event taken last to its taking; absent when it has none, or was "
     "taken more than a minute ago.",
     event_lag},
    {"event_consumer_last_insert_timestamp_seconds", kGauge,
     "When ClickHouse stored a batch the last time, as Unix time; absent before the first.",
     last_insert_unix_seconds},
    {"event_consumer_worker_restarts_total", kCounter,
     "Processes started because the one before had died.",
     [](const SlotFigures& slot) { return static_cast<double>(slot.view.restarts); }},
    {"process_cpu_seconds_total", kCounter, "Time of the worker's process on a CPU, in seconds.",
     of_process<&ProcessFigures::cpu_seconds>},
    {"process_resident_memory_bytes", kGauge, "Memory of the worker's process that is in RAM.",
     of_process<&ProcessFigures::resident_bytes>},
    {"process_open_fds", kGauge, "Open file descriptors of the worker's process.",
     of_process<&ProcessFigures::open_fds>},
    {"process_start_time_seconds", kGauge, "When the worker's process was started, as Unix time.",
     of_process<&ProcessFigures::started_at_unix_seconds>},
};

// Adds what the slot has counted to the family, according to the kind of the counter.
void add_metrics(MetricFamily& family, const SlotFigures& slot,
                 const Counter<std::uint64_t>& counter) {
  family.metric.push_back(number(kCounter, static_cast<double>(slot.counters().*counter.member),
                                 {{"worker", slot.number}}));
}

template <typename Number, std::size_t N>
void add_metrics(MetricFamily& family, const SlotFigures& slot,
                 const Counter<std::array<Number, N>>& counter) {
  for (std::size_t i = 0; i < N; ++i)
    family.metric.push_back(
        number(kCounter, static_cast<double>((slot.counters().*counter.member)[i]),
               {{"worker", slot.number}, {counter.label, std::string(counter.words[i])}}));
}

template <std::size_t N>
void add_metrics(MetricFamily& family, const SlotFigures& slot,
                 const Counter<std::array<FailedInserts, N>>& counter) {
  // A rate needs the 0 before the first.
  std::map<std::pair<std::size_t, std::uint64_t>, std::uint64_t> counts;
  for (std::size_t each = 0; each < kErrorClassWords.size(); ++each) counts[{each, 0}] = 0;
  for (const FailedInserts& failed : slot.counters().*counter.member)
    if (failed.count > 0) counts[{failed.error_class, failed.code}] += failed.count;
  for (const auto& [kind, count] : counts)
    family.metric.push_back(number(kCounter, static_cast<double>(count),
                                   {{"worker", slot.number},
                                    {"class", std::string(kErrorClassWords[kind.first])},
                                    {"code", std::to_string(kind.second)}}));
}

template <std::size_t N>
void add_metrics(MetricFamily& family, const SlotFigures& slot,
                 const Counter<std::array<DeadLetterColumn, N>>& counter) {
  for (const DeadLetterColumn& letters : slot.counters().*counter.member)
    if (letters.count > 0)
      family.metric.push_back(number(kCounter, static_cast<double>(letters.count),
                                     {{"worker", slot.number},
                                      {"reason", std::string(kReasonSlugs[letters.reason])},
                                      {"column", letters.column.str()}}));
}

template <typename Bounds>
void add_metrics(MetricFamily& family, const SlotFigures& slot,
                 const Counter<Histogram<Bounds>>& counter) {
  family.type = MetricType::Histogram;
  const Histogram<Bounds>& counted = slot.counters().*counter.member;
  ClientMetric metric = with_labels({{"worker", slot.number}});
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < Bounds::kUpperBounds.size(); ++i)
    metric.histogram.bucket.push_back({so_far += counted.buckets[i], Bounds::kUpperBounds[i]});
  metric.histogram.sample_count = counted.count();
  metric.histogram.sample_sum = counted.sum;
  family.metric.push_back(std::move(metric));
}

template <typename Value>
constexpr bool is_plain(const Counter<Value>&) {
  return std::is_same_v<Value, std::uint64_t>;
}

// The plain counters of the table, or the others.
void add_counters(std::vector<MetricFamily>& families, const std::vector<SlotFigures>& slots,
                  bool plain) {
  for_each_counter([&](const auto& counter) {
    if (is_plain(counter) != plain) return;
    MetricFamily family{counter.metric, counter.help, kCounter, {}};
    for (const SlotFigures& slot : slots) add_metrics(family, slot, counter);
    families.push_back(std::move(family));
  });
}

MetricFamily states(const std::vector<SlotFigures>& slots) {
  MetricFamily family{
      "event_consumer_worker_state", "1 for the state that the worker is in.", kGauge, {}};
  for (const SlotFigures& slot : slots) {
    const WorkerState state = slot.worker() == nullptr ? WorkerState::kNone : slot.worker()->state;
    for (const std::string_view name : kWorkerStateWords)
      family.metric.push_back(number(kGauge, name == word(state) ? 1 : 0,
                                     {{"worker", slot.number}, {"state", std::string(name)}}));
  }
  return family;
}

std::vector<SlotFigures> slots_of(const Scoreboard& board, TimePoint now, double unix_seconds) {
  std::vector<SlotFigures> slots;
  const auto count = static_cast<int>(board.supervisor().read().slots);
  for (int number = 1; number <= count; ++number) {
    SlotFigures slot{std::to_string(number), view_slot(board.slot(number)), now, unix_seconds, {}};
    if (slot.worker() != nullptr)
      slot.process = read_process(static_cast<pid_t>(slot.worker()->pid));
    slots.push_back(std::move(slot));
  }
  return slots;
}

}  // namespace

std::vector<MetricFamily> worker_metrics(const Scoreboard& board, TimePoint now,
                                         double unix_seconds) {
  const std::vector<SlotFigures> slots = slots_of(board, now, unix_seconds);
  std::vector<MetricFamily> families;
  add_counters(families, slots, /*plain=*/true);
  for (const WorkerMetric& row : kWorkerMetrics) {
    MetricFamily family{row.name, row.help, row.type, {}};
    for (const SlotFigures& slot : slots)
      if (const double value = row.value(slot); !std::isnan(value))
        family.metric.push_back(number(row.type, value, {{"worker", slot.number}}));
    families.push_back(std::move(family));
  }
  families.push_back(states(slots));
  add_counters(families, slots, /*plain=*/false);
  return families;
}

}  // namespace event_consumer
